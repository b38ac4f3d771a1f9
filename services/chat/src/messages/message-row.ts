import type { Message, MessageContent } from "@kismet/contracts";

/** A message as queries by hand give it: the driver leaves 64-bit numbers as text. */
export type MessageRow = {
  conversation_id: string;
  message_id: string;
  message_seq: string;
  sender_id: string;
  client_message_id: string;
  type: MessageContent["type"];
  text: string;
  created_at: Date | string;
};

export function messageFrom(row: MessageRow): Message {
  return {
    id: row.message_id,
    conversationId: row.conversation_id,
    senderId: row.sender_id,
    seq: Number(row.message_seq),
    clientMessageId: row.client_message_id,
    type: row.type,
    text: row.text,
    createdAt: new Date(row.created_at).toISOString(),
    reactions: [],
  };
}
