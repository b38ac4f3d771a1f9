import { randomUUIDv7 } from "node:crypto";
import { maxMessageLength, type Member, type Message, type MessageContent } from "@kismet/contracts";
import { lengthOf, normaliseText, requireContext, ValidationFailed } from "@kismet/service-kit";
import type { Feed } from "../changes/feed.ts";
import { ConversationNotFound } from "../conversations/conversation-errors.ts";
import { MessageConflict } from "./message-errors.ts";
import type { MessageWriter } from "./message-writer.ts";

export type SendRequest = { conversationId: string; clientMessageId: string; content: MessageContent };
export type Sender = (member: Member, request: SendRequest) => Promise<{ message: Message; isNew: boolean }>;

/**
 * Sends a message. It resolves after the commit: from then on the message is in its place in the conversation and in the
 * feeds of both, whatever happens to this process. The same request again gives the same message, for ever.
 * It is handed to the writer before anything is waited for: calls in order write in order.
 */
export function createSender(writer: MessageWriter, feed: Feed): Sender {
  return async ({ memberId }, { conversationId, clientMessageId, content }) => {
    const text = acceptText(content.text);
    const { requestId, traceparent } = requireContext();
    const outcome = await writer({
      id: randomUUIDv7(),
      conversationId,
      senderId: memberId,
      clientMessageId,
      content: { type: content.type, text },
      requestId,
      traceparent,
    });
    if (outcome.kind === "missing") throw new ConversationNotFound();
    const { message } = outcome;
    if (outcome.kind === "known") {
      if (message.type !== content.type || message.text !== text) throw new MessageConflict();
      return { message, isNew: false };
    }
    for (const { memberId: to, seq } of outcome.feeds) {
      feed.announce(to, seq, { type: "message", message });
    }
    return { message, isNew: true };
  };
}

function acceptText(written: string): string {
  const text = normaliseText(written, { multiline: true });
  const length = lengthOf(text);
  if (length >= 1 && length <= maxMessageLength) return text;
  throw new ValidationFailed(`A message has 1 to ${maxMessageLength} visible characters.`, [
    { path: "/text", message: length === 0 ? "is empty" : "is too long" },
  ]);
}
