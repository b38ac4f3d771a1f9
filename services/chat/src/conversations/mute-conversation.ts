import type { Change, Member } from "@kismet/contracts";
import type { Database } from "@kismet/database";
import type { Schema } from "../changes/change-repository.ts";
import type { Feed } from "../changes/feed.ts";
import { ConversationNotFound } from "./conversation-errors.ts";
import { lockConversation, updateMuted } from "./conversation-repository.ts";

/** Tells the member's other devices; the other one never learns of it. */
export async function muteConversation(
  database: Database<Schema>,
  feed: Feed,
  { memberId }: Member,
  conversationId: string,
  muted: boolean,
): Promise<void> {
  await database.transaction(async (tx) => {
    if (!(await lockConversation(tx, conversationId, memberId))) throw new ConversationNotFound();
    if (!(await updateMuted(tx, conversationId, memberId, muted))) return;
    const change: Change = { type: "mute", mute: { conversationId, muted } };
    await feed.append(tx, [{ memberId, conversationId, change }]);
  });
}
