import type { ChallengeKind } from "@kismet/contracts";
import { and, arrayContains, eq, gt, isNull, lt, sql } from "drizzle-orm";
import { challenges } from "../schema.ts";
import type { AuthDatabase, Reads, Tx } from "../storage.ts";

export type StoredChallenge = typeof challenges.$inferSelect;

export async function insertChallenge(tx: Tx, challenge: typeof challenges.$inferInsert): Promise<void> {
  await tx.insert(challenges).values(challenge);
}

export async function findChallenge(reads: Reads, id: string): Promise<StoredChallenge | undefined> {
  const [row] = await reads.select().from(challenges).where(eq(challenges.id, id));
  return row;
}

/**
 * Takes one of the tries, for good, before what was tried is looked at: however many try at once, each takes its own,
 * and none waits for the account. What isn't asked for takes none.
 */
export async function takeTry(
  { read }: Pick<AuthDatabase, "read">,
  { id, kind }: { id: string; kind: ChallengeKind },
  now: Date,
): Promise<StoredChallenge | undefined> {
  const [row] = await read
    .update(challenges)
    .set({ triesLeft: sql`${challenges.triesLeft} - 1` })
    .where(
      and(
        isOpen(now),
        eq(challenges.id, id),
        arrayContains(challenges.kinds, [kind]),
        gt(challenges.triesLeft, 0),
      ),
    )
    .returning();
  return row;
}

/** Whether this is who used it. */
export async function closeChallenge(tx: Tx, id: string, now: Date): Promise<boolean> {
  const closed = await tx
    .update(challenges)
    .set({ usedAt: now, codeHash: null })
    .where(and(eq(challenges.id, id), isOpen(now)))
    .returning({ id: challenges.id });
  return closed.length > 0;
}

/** What was begun with a password that is no longer good ends with it. */
export async function closeChallengesOf(tx: Tx, memberId: string, now: Date): Promise<void> {
  await tx
    .update(challenges)
    .set({ usedAt: now, codeHash: null })
    .where(and(eq(challenges.memberId, memberId), isNull(challenges.usedAt)));
}

export async function setCode(
  tx: Tx,
  id: string,
  change: Pick<
    StoredChallenge,
    "memberId" | "familiar" | "codeHash" | "codeMadeAt" | "codeLetterId" | "codesSent"
  >,
): Promise<void> {
  await tx.update(challenges).set(change).where(eq(challenges.id, id));
}

/** How many codes went to a member for challenges of this kind. */
export async function countCodes(
  tx: Tx,
  memberId: string,
  { purpose, familiar }: Pick<StoredChallenge, "purpose" | "familiar">,
  since: { hour: Date; day: Date },
): Promise<{ lastHour: number; lastDay: number }> {
  const sent = sql<number>`coalesce(sum(${challenges.codesSent}), 0)::int`;
  const [row] = await tx
    .select({
      lastHour: sql<number>`coalesce(sum(${challenges.codesSent}) FILTER (WHERE ${gt(challenges.createdAt, since.hour)}), 0)::int`,
      lastDay: sent,
    })
    .from(challenges)
    .where(
      and(
        eq(challenges.memberId, memberId),
        eq(challenges.purpose, purpose),
        eq(challenges.familiar, familiar),
        gt(challenges.createdAt, since.day),
      ),
    );
  return row ?? { lastHour: 0, lastDay: 0 };
}

export async function deleteChallengesBefore(tx: Tx, before: Date): Promise<void> {
  await tx.delete(challenges).where(lt(challenges.createdAt, before));
}

function isOpen(now: Date) {
  return and(isNull(challenges.usedAt), gt(challenges.expiresAt, now));
}
