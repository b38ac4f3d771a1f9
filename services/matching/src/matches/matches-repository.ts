import type { MatchEndReason } from "@kismet/contracts";
import { and, desc, eq, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import { cardColumns } from "../candidates/card.ts";
import type { Pair } from "../pair.ts";
import { candidates, matches } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

type Side = typeof matches.lowId | typeof matches.highId;

export type EndedMatch = { id: string; pair: Pair };

export async function insertMatch(tx: Tx, match: { id: string; pair: Pair; createdAt: Date }): Promise<void> {
  const { id, pair, createdAt } = match;
  await tx.insert(matches).values({ id, lowId: pair[0], highId: pair[1], createdAt });
}

export function markEnded(tx: Tx, id: string, memberId: string, endedAt: Date) {
  const mine = or(eq(matches.lowId, memberId), eq(matches.highId, memberId));
  return endLive(tx, and(eq(matches.id, id), mine), "unmatch", endedAt);
}

export function markEndedOfPair(tx: Tx, [lowId, highId]: Pair, endedAt: Date) {
  return endLive(tx, and(eq(matches.lowId, lowId), eq(matches.highId, highId)), "block", endedAt);
}

/** Of two that end a match at once, the second waits for the row, and then finds it ended. */
async function endLive(
  tx: Tx,
  which: SQL | undefined,
  endReason: MatchEndReason,
  endedAt: Date,
): Promise<EndedMatch | undefined> {
  const [ended] = await tx
    .update(matches)
    .set({ endedAt, endReason })
    .where(and(which, isNull(matches.endedAt)))
    .returning();
  return ended && { id: ended.id, pair: [ended.lowId, ended.highId] };
}

/** Live matches, newest first, each with the card of the other; without those whose other member is gone. */
export function listMatches(
  reads: Reads,
  memberId: string,
  { before, limit }: { before: string | undefined; limit: number },
) {
  // One branch for each side on which the member can stand: each walks its own index and stops early.
  const asLow = branch(matches.lowId, matches.highId);
  const asHigh = branch(matches.highId, matches.lowId);
  return unionAll(asLow, asHigh)
    .orderBy(desc(sql`id`))
    .limit(limit);

  function branch(mine: Side, theirs: Side) {
    const earlier = before === undefined ? undefined : lt(matches.id, before);
    return selectMatch(reads, theirs)
      .where(and(eq(mine, memberId), isNull(matches.endedAt), isThere, earlier))
      .orderBy(desc(matches.id))
      .limit(limit);
  }
}

export async function findMatch(reads: Reads, id: string, memberId: string) {
  const asLow = selectMatch(reads, matches.highId).where(and(live(id), eq(matches.lowId, memberId)));
  const asHigh = selectMatch(reads, matches.lowId).where(and(live(id), eq(matches.highId, memberId)));
  const [match] = await unionAll(asLow, asHigh);
  return match;
}

const isThere = eq(candidates.accountStatus, "active");

function live(id: string): SQL | undefined {
  return and(eq(matches.id, id), isNull(matches.endedAt), isThere);
}

function selectMatch(reads: Reads, other: Side) {
  return reads
    .select({ id: matches.id, createdAt: matches.createdAt, ...cardColumns })
    .from(matches)
    .innerJoin(candidates, eq(candidates.memberId, other));
}
