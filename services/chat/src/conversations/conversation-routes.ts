import {
  ConversationPage,
  Empty,
  MuteRequest,
  PageQuery,
  ReadRequest,
  strict,
  Uuid,
} from "@kismet/contracts";
import type { Database } from "@kismet/database";
import type { App } from "@kismet/service-kit";
import type { Schema } from "../changes/change-repository.ts";
import type { Feed } from "../changes/feed.ts";
import { listConversations } from "./conversation-repository.ts";
import { cursorOf, positionOf } from "./list-cursor.ts";
import { markRead } from "./mark-read.ts";
import { muteConversation } from "./mute-conversation.ts";

export const ConversationParams = strict({ id: Uuid });
const defaultLimit = 20;

export function registerConversationRoutes(app: App, database: Database<Schema>, feed: Feed): void {
  app.route({
    method: "GET",
    url: "/v1/conversations",
    schema: {
      summary: "My conversations, where something was last said first",
      querystring: PageQuery,
      response: { 200: ConversationPage },
    },
    config: {
      policy: {
        auth: "member",
        limit: "read",
        bodyLimit: 1_024,
        timeoutMs: 5_000,
        idempotent: true,
        poll: true,
      },
    },
    async handler(request) {
      const { limit = defaultLimit, cursor } = request.query;
      const after = cursor === undefined ? undefined : positionOf(cursor);
      const rows = await listConversations(database, request.member.memberId, after, limit + 1);
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return {
        items: shown.map(({ conversation }) => conversation),
        nextCursor: rows.length > limit && last ? cursorOf(last) : null,
      };
    },
  });

  app.route({
    method: "PUT",
    url: "/v1/conversations/:id/read",
    schema: {
      summary: "Tell how far I have read",
      params: ConversationParams,
      body: ReadRequest,
      response: { 204: Empty },
    },
    config: {
      policy: { auth: "member", limit: "write", bodyLimit: 1_024, timeoutMs: 5_000, idempotent: true },
    },
    async handler(request, reply) {
      await markRead(database, feed, request.member, request.params.id, request.body.seq);
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "PUT",
    url: "/v1/conversations/:id/mute",
    schema: {
      summary: "Mute a conversation, or hear it again",
      params: ConversationParams,
      body: MuteRequest,
      response: { 204: Empty },
    },
    config: {
      policy: { auth: "member", limit: "write", bodyLimit: 1_024, timeoutMs: 5_000, idempotent: true },
    },
    async handler(request, reply) {
      await muteConversation(database, feed, request.member, request.params.id, request.body.muted);
      return reply.code(204).send(null);
    },
  });
}
