import { type MatchEnded, type PayloadOf } from "@kismet/contracts";
import type { Transaction } from "@kismet/database";
import { type Schema, unmatchOf } from "../changes/change-repository.ts";
import { type Feed, forBoth } from "../changes/feed.ts";
import { endConversation, unlistConversation } from "./conversation-repository.ts";

/** Takes the conversation from both. If the match itself was not heard of yet, sees to it that it never opens. */
export async function closeConversation(
  tx: Transaction<Schema>,
  feed: Feed,
  { matchId, memberIds, reason, endedAt }: PayloadOf<typeof MatchEnded>,
): Promise<void> {
  if (!(await endConversation(tx, matchId, new Date(endedAt), reason))) return;
  if (!(await unlistConversation(tx, matchId))) return;
  await feed.append(tx, forBoth(matchId, memberIds as [string, string], unmatchOf));
}
