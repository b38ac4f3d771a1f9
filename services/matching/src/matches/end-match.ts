import { emit } from "@kismet/bus";
import { MatchEnded, type MatchEndReason } from "@kismet/contracts";
import type { Pair } from "../pair.ts";
import type { Tx } from "../storage.ts";
import { type EndedMatch, markEnded, markEndedOfPair } from "./matches-repository.ts";

/** Gives false if the member has no such match, or not any more. */
export async function endMatch(tx: Tx, id: string, memberId: string, endedAt: Date): Promise<boolean> {
  const ended = await markEnded(tx, id, memberId, endedAt);
  if (ended) await tell(tx, ended, "unmatch", endedAt);
  return ended !== undefined;
}

export async function endMatchOfPair(tx: Tx, pair: Pair, endedAt: Date): Promise<void> {
  const ended = await markEndedOfPair(tx, pair, endedAt);
  if (ended) await tell(tx, ended, "block", endedAt);
}

async function tell(tx: Tx, { id, pair }: EndedMatch, reason: MatchEndReason, endedAt: Date): Promise<void> {
  await emit(tx, MatchEnded, {
    aggregateId: id,
    payload: { matchId: id, memberIds: [...pair], reason, endedAt: endedAt.toISOString() },
  });
}
