import type { Change, Member } from "@kismet/contracts";
import type { Database } from "@kismet/database";
import type { Schema } from "../changes/change-repository.ts";
import { type Feed, forBoth } from "../changes/feed.ts";
import { ConversationNotFound } from "./conversation-errors.ts";
import { lockConversation, updateReadSeq } from "./conversation-repository.ts";

/** Up to `seq`, or to the last message if that is nearer. Never back: a late device does not make things unread. */
export async function markRead(
  database: Database<Schema>,
  feed: Feed,
  { memberId }: Member,
  conversationId: string,
  seq: number,
): Promise<void> {
  await database.transaction(async (tx) => {
    const conversation = await lockConversation(tx, conversationId, memberId);
    if (!conversation) throw new ConversationNotFound();
    const readSeq = Math.min(seq, conversation.lastSeq);
    if (!(await updateReadSeq(tx, conversationId, memberId, readSeq))) return;
    const receipt = (): Change => ({ type: "receipt", receipt: { conversationId, memberId, seq: readSeq } });
    await feed.append(tx, forBoth(conversationId, [memberId, conversation.partnerId], receipt));
  });
}
