import { and, asc, desc, eq, gt, isNotNull, isNull, lte, sql } from "drizzle-orm";
import { appeals, banMarks, restrictions } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredRestriction = typeof restrictions.$inferSelect;
export type StoredAppeal = typeof appeals.$inferSelect;

export async function findOpenRestriction(
  reads: Reads,
  memberId: string,
): Promise<StoredRestriction | undefined> {
  const [row] = await reads
    .select()
    .from(restrictions)
    .where(and(eq(restrictions.memberId, memberId), isNull(restrictions.endedAt)));
  return row;
}

/** Newest first. */
export function listRestrictions(
  reads: Reads,
  memberId: string,
  limit: number,
): Promise<StoredRestriction[]> {
  return reads
    .select()
    .from(restrictions)
    .where(eq(restrictions.memberId, memberId))
    .orderBy(desc(restrictions.madeAt))
    .limit(limit);
}

export async function insertRestriction(tx: Tx, restriction: StoredRestriction): Promise<void> {
  await tx.insert(restrictions).values(restriction);
}

export async function endRestriction(
  tx: Tx,
  id: string,
  end: Pick<StoredRestriction, "endedAt" | "ending">,
): Promise<void> {
  await tx.update(restrictions).set(end).where(eq(restrictions.id, id));
}

export function listExpired(reads: Reads, now: Date, limit: number): Promise<StoredRestriction[]> {
  return reads
    .select()
    .from(restrictions)
    .where(and(isNull(restrictions.endedAt), isNotNull(restrictions.until), lte(restrictions.until, now)))
    .limit(limit);
}

export async function saveAppeal(tx: Tx, appeal: StoredAppeal): Promise<void> {
  const { id: _, ...set } = appeal;
  await tx.insert(appeals).values(appeal).onConflictDoUpdate({ target: appeals.id, set });
}

/** So that nobody can keep an appeal from being heard by restricting once more. */
export async function moveOpenAppeal(tx: Tx, { from, to }: { from: string; to: string }): Promise<void> {
  await tx
    .update(appeals)
    .set({ restrictionId: to })
    .where(and(eq(appeals.restrictionId, from), isNull(appeals.decidedAt)));
}

export async function findAppealOf(reads: Reads, restrictionId: string): Promise<StoredAppeal | undefined> {
  const [row] = await reads.select().from(appeals).where(eq(appeals.restrictionId, restrictionId));
  return row;
}

/** `makers`: of the restriction, and of those before it whose place was taken, one after the other. Operators are none. */
export type HeardAppeal = {
  appeal: StoredAppeal;
  restriction: StoredRestriction;
  makers: (string | null)[];
};

const makers = sql<(string | null)[]>`ARRAY(
  SELECT before.made_by FROM ${restrictions} before
  WHERE before.member_id = ${restrictions.memberId} AND coalesce(before.ending, 'replaced') = 'replaced'
    AND NOT EXISTS (
      SELECT FROM ${restrictions} done WHERE done.member_id = before.member_id AND done.made_at > before.made_at
        AND done.ending <> 'replaced'))`;

export async function findAppeal(reads: Reads, id: string): Promise<HeardAppeal | undefined> {
  const [row] = await reads
    .select({ appeal: appeals, restriction: restrictions, makers })
    .from(appeals)
    .innerJoin(restrictions, eq(restrictions.id, appeals.restrictionId))
    .where(eq(appeals.id, id));
  return row;
}

/** Those that wait, oldest first, after an id. */
export function listOpenAppeals(
  reads: Reads,
  after: string | undefined,
  limit: number,
): Promise<HeardAppeal[]> {
  return reads
    .select({ appeal: appeals, restriction: restrictions, makers })
    .from(appeals)
    .innerJoin(restrictions, eq(restrictions.id, appeals.restrictionId))
    .where(
      and(
        isNull(appeals.decidedAt),
        isNull(restrictions.endedAt),
        after === undefined ? undefined : gt(appeals.id, after),
      ),
    )
    .orderBy(asc(appeals.id))
    .limit(limit);
}

export async function decideAppealRow(
  tx: Tx,
  id: string,
  decision: Pick<StoredAppeal, "decidedAt" | "decidedBy" | "outcome" | "outcomeReason">,
): Promise<void> {
  await tx.update(appeals).set(decision).where(eq(appeals.id, id));
}

/** A mark, and the restriction that leaves it. */
type BanOfMark = { hash: string; ban: string };

export async function insertBanMark(tx: Tx, { hash, ban }: BanOfMark, now: Date): Promise<void> {
  await tx
    .insert(banMarks)
    .values({ hash, createdAt: now, bans: [ban] })
    .onConflictDoUpdate({
      target: banMarks.hash,
      set: { bans: sql`array_append(${banMarks.bans}, ${ban}::uuid)` },
    });
}

/** The mark stays for as long as another ban has left it: several accounts can have one mailbox. */
export async function deleteBanMark(tx: Tx, { hash, ban }: BanOfMark): Promise<void> {
  await tx
    .update(banMarks)
    .set({ bans: sql`array_remove(${banMarks.bans}, ${ban}::uuid)` })
    .where(eq(banMarks.hash, hash));
  await tx.delete(banMarks).where(and(eq(banMarks.hash, hash), eq(banMarks.bans, [])));
}

export async function hasBanMark(reads: Reads, hash: string): Promise<boolean> {
  const rows = await reads.select({ hash: banMarks.hash }).from(banMarks).where(eq(banMarks.hash, hash));
  return rows.length > 0;
}
