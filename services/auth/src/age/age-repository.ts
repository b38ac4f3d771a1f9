import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, lt, lte, ne, or } from "drizzle-orm";
import { ageAssurances, ageChecks } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredAssurance = typeof ageAssurances.$inferSelect;
export type StoredCheck = typeof ageChecks.$inferSelect;

export async function findAssurance(reads: Reads, memberId: string): Promise<StoredAssurance | undefined> {
  const [row] = await reads.select().from(ageAssurances).where(eq(ageAssurances.memberId, memberId));
  return row;
}

export async function saveAssurance(tx: Tx, assurance: StoredAssurance): Promise<void> {
  const { memberId: _, ...set } = assurance;
  await tx
    .insert(ageAssurances)
    .values(assurance)
    .onConflictDoUpdate({ target: ageAssurances.memberId, set });
}

/** Proofs whose time is over. */
export function listEnded(reads: Reads, now: Date, limit: number): Promise<StoredAssurance[]> {
  return reads
    .select()
    .from(ageAssurances)
    .where(and(inArray(ageAssurances.state, ["estimated", "verified"]), lte(ageAssurances.expiresAt, now)))
    .orderBy(asc(ageAssurances.expiresAt))
    .limit(limit);
}

export async function findCheck(reads: Reads, id: string): Promise<StoredCheck | undefined> {
  const [row] = await reads.select().from(ageChecks).where(eq(ageChecks.id, id));
  return row;
}

export async function findOpenCheck(reads: Reads, memberId: string): Promise<StoredCheck | undefined> {
  const [row] = await reads
    .select()
    .from(ageChecks)
    .where(and(eq(ageChecks.memberId, memberId), isNull(ageChecks.closedAt)));
  return row;
}

/** The last one that is over; those that never reached the provider are none. */
export async function findLastOver(reads: Reads, memberId: string): Promise<StoredCheck | undefined> {
  const [row] = await reads
    .select()
    .from(ageChecks)
    .where(
      and(
        eq(ageChecks.memberId, memberId),
        isNotNull(ageChecks.closedAt),
        ne(ageChecks.outcome, "unavailable"),
      ),
    )
    .orderBy(desc(ageChecks.openedAt), desc(ageChecks.id))
    .limit(1);
  return row;
}

/** Whether an estimate was too near to the limit, in what is kept of this member's checks. */
export async function wasNearLimit(reads: Reads, memberId: string): Promise<boolean> {
  const rows = await reads
    .select({ id: ageChecks.id })
    .from(ageChecks)
    .where(and(eq(ageChecks.memberId, memberId), eq(ageChecks.outcome, "near_limit")))
    .limit(1);
  return rows.length > 0;
}

/** When the checks were begun that count against the limit, oldest first. */
export async function listStartsSince(tx: Tx, memberId: string, since: Date, limit: number): Promise<Date[]> {
  const rows = await tx
    .select({ openedAt: ageChecks.openedAt })
    .from(ageChecks)
    .where(
      and(
        eq(ageChecks.memberId, memberId),
        gt(ageChecks.openedAt, since),
        or(isNull(ageChecks.outcome), ne(ageChecks.outcome, "unavailable")),
      ),
    )
    .orderBy(desc(ageChecks.openedAt))
    .limit(limit);
  return rows.map(({ openedAt }) => openedAt).reverse();
}

export async function insertCheck(tx: Tx, check: typeof ageChecks.$inferInsert): Promise<void> {
  await tx.insert(ageChecks).values(check);
}

export async function updateCheck(
  tx: Tx,
  id: string,
  change: Partial<Omit<StoredCheck, "id">>,
): Promise<void> {
  await tx.update(ageChecks).set(change).where(eq(ageChecks.id, id));
}

/** Open checks that nobody has come back from. */
export function listOverdue(reads: Reads, now: Date, limit: number): Promise<StoredCheck[]> {
  return reads
    .select()
    .from(ageChecks)
    .where(and(isNull(ageChecks.closedAt), lte(ageChecks.expiresAt, now)))
    .orderBy(asc(ageChecks.expiresAt))
    .limit(limit);
}

export async function deleteChecksBefore(tx: Tx, before: Date): Promise<void> {
  await tx.delete(ageChecks).where(and(isNotNull(ageChecks.closedAt), lt(ageChecks.openedAt, before)));
}
