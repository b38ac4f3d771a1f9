import { Message, MessagePage, MessagesQuery, SendMessage } from "@kismet/contracts";
import type { Database } from "@kismet/database";
import type { App } from "@kismet/service-kit";
import type { Schema } from "../changes/change-repository.ts";
import { ConversationNotFound } from "../conversations/conversation-errors.ts";
import { findPartner } from "../conversations/conversation-repository.ts";
import { ConversationParams } from "../conversations/conversation-routes.ts";
import type { RateLimit } from "../limits/rate-limit.ts";
import { listMessages } from "./message-repository.ts";
import type { Sender } from "./send-message.ts";

const defaultLimit = 50;

export function registerMessageRoutes(
  app: App,
  { database, send, messageLimit }: { database: Database<Schema>; send: Sender; messageLimit: RateLimit },
): void {
  app.route({
    method: "GET",
    url: "/v1/conversations/:id/messages",
    schema: {
      summary: "Messages of a conversation, newest last",
      params: ConversationParams,
      querystring: MessagesQuery,
      response: { 200: MessagePage },
    },
    config: {
      policy: {
        auth: "member",
        limit: "read",
        bodyLimit: 1_024,
        timeoutMs: 5_000,
        idempotent: true,
        compress: true,
      },
    },
    async handler(request) {
      const { id } = request.params;
      const { limit = defaultLimit, ...range } = request.query;
      if (!(await findPartner(database, id, request.member.memberId))) throw new ConversationNotFound();
      const isUpwards = range.after !== undefined && range.before === undefined;
      const rows = await listMessages(database, id, { ...range, limit: limit + 1 });
      const hasMore = rows.length > limit;
      const items = !hasMore ? rows : isUpwards ? rows.slice(0, limit) : rows.slice(1);
      const edge = isUpwards ? items.at(-1) : items[0];
      return { items, nextCursor: hasMore && edge ? String(edge.seq) : null };
    },
  });

  app.route({
    method: "POST",
    url: "/v1/conversations/:id/messages",
    schema: {
      summary: "Send a message",
      description: "The same `clientMessageId` again gives the same message with 200, however late it comes.",
      params: ConversationParams,
      body: SendMessage,
      response: { 200: Message, 201: Message },
    },
    config: {
      policy: { auth: "member", limit: "message", bodyLimit: 32_768, timeoutMs: 5_000, idempotent: true },
    },
    async handler(request, reply) {
      const { clientMessageId, ...content } = request.body;
      await messageLimit.take(request.member.memberId);
      const { message, isNew } = await send(request.member, {
        conversationId: request.params.id,
        clientMessageId,
        content,
      });
      return reply.code(isNew ? 201 : 200).send(message);
    },
  });
}
