import { type MatchCreated, type PayloadOf } from "@kismet/contracts";
import type { Transaction } from "@kismet/database";
import { matchOf, type Schema } from "../changes/change-repository.ts";
import { type Feed, forBoth } from "../changes/feed.ts";
import { insertConversation, lockMembers } from "./conversation-repository.ts";

/** Opens the conversation of a match, and tells both. One that is hidden is told when the account comes back. */
export async function openConversation(
  tx: Transaction<Schema>,
  feed: Feed,
  { matchId, memberIds, createdAt }: PayloadOf<typeof MatchCreated>,
): Promise<void> {
  const pair = memberIds as [string, string];
  if (!(await insertConversation(tx, matchId, pair, new Date(createdAt)))) return;
  const locked = await lockMembers(tx, pair);
  if (locked.every(({ status }) => status === "active"))
    await feed.append(tx, forBoth(matchId, pair, matchOf));
}
