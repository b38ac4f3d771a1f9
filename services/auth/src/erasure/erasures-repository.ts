import type { DomainService, ErasureReceipt } from "@kismet/contracts";
import { and, asc, count, eq, inArray, isNull, lt, lte, notExists, sql } from "drizzle-orm";
import { accounts, erasureReceipts, erasures, legalHolds, receiptKeys } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";
import { listHeld } from "./legal-holds-repository.ts";

export type StoredErasure = typeof erasures.$inferSelect;

/** Those whose time has come and whom nothing holds back, locked: whoever restores one meanwhile waits, or was first. */
export async function takeDueMembers(tx: Tx, now: Date, limit: number): Promise<string[]> {
  const held = tx
    .select({ id: legalHolds.id })
    .from(legalHolds)
    .where(and(eq(legalHolds.memberId, accounts.memberId), isNull(legalHolds.liftedAt)));
  const begun = tx.select({ id: erasures.id }).from(erasures).where(eq(erasures.memberId, accounts.memberId));
  const rows = await tx
    .select({ memberId: accounts.memberId })
    .from(accounts)
    .where(and(lte(accounts.erasesAt, now), notExists(held), notExists(begun)))
    .orderBy(asc(accounts.erasesAt))
    .limit(limit)
    .for("update", { skipLocked: true });
  const locked = rows.map(({ memberId }) => memberId);
  // Once more, under their locks: a hold that was placed since they were looked up has changed nothing of the account's row.
  const isHeld = await listHeld(tx, locked);
  return locked.filter((memberId) => !isHeld.has(memberId));
}

export async function insertErasure(tx: Tx, erasure: typeof erasures.$inferInsert): Promise<void> {
  await tx.insert(erasures).values(erasure);
}

/** Of a member who is being erased and still has an account. */
export async function findErasure(reads: Reads, memberId: string): Promise<StoredErasure | undefined> {
  const [row] = await reads.select().from(erasures).where(eq(erasures.memberId, memberId));
  return row;
}

/** Takes those that are due: who finds one that was taken before and not finished finds it after its lease. */
export async function takeDueErasures(
  tx: Tx,
  now: Date,
  leaseEnds: Date,
  limit: number,
): Promise<StoredErasure[]> {
  const due = tx
    .select({ id: erasures.id })
    .from(erasures)
    .where(lte(erasures.nextAttemptAt, now))
    .orderBy(asc(erasures.nextAttemptAt))
    .limit(limit)
    .for("update", { skipLocked: true });
  return tx
    .update(erasures)
    .set({ nextAttemptAt: leaseEnds, attempts: sql`${erasures.attempts} + 1` })
    .where(inArray(erasures.id, due))
    .returning();
}

export async function postponeErasure(reads: Reads, id: string, nextAttemptAt: Date): Promise<void> {
  await reads.update(erasures).set({ nextAttemptAt }).where(eq(erasures.id, id));
}

export async function completeErasure(reads: Reads, id: string, completedAt: Date): Promise<void> {
  await reads.update(erasures).set({ completedAt, nextAttemptAt: null }).where(eq(erasures.id, id));
}

export async function listReceipts(reads: Reads, erasureId: string) {
  return reads.select().from(erasureReceipts).where(eq(erasureReceipts.erasureId, erasureId));
}

export async function saveReceipt(
  reads: Reads,
  { erasureId, service, receipt, receivedAt }: SavedReceipt,
): Promise<void> {
  await reads
    .insert(erasureReceipts)
    .values({ erasureId, service, ...receipt, receivedAt })
    .onConflictDoNothing();
}

type SavedReceipt = {
  erasureId: string;
  service: DomainService;
  receipt: ErasureReceipt;
  receivedAt: Date;
};

/** The key that the service is known by: this one, if there was none. */
export async function knownKey(
  reads: Reads,
  seen: { service: DomainService; key: string; firstSeenAt: Date },
): Promise<string> {
  await reads.insert(receiptKeys).values(seen).onConflictDoNothing();
  const [row] = await reads
    .select({ key: receiptKeys.key })
    .from(receiptKeys)
    .where(eq(receiptKeys.service, seen.service));
  return row?.key ?? "";
}

/** How many are under way, and of these how many began before a moment. */
export async function countOpen(reads: Reads, before: Date): Promise<{ open: number; overdue: number }> {
  const [row] = await reads
    .select({
      open: count(),
      overdue: sql<number>`count(*) FILTER (WHERE ${lt(erasures.beganAt, before)})`.mapWith(Number),
    })
    .from(erasures)
    .where(isNull(erasures.completedAt));
  return { open: row?.open ?? 0, overdue: row?.overdue ?? 0 };
}
