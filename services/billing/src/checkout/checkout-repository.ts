import type { CheckoutOpened } from "@kismet/contracts";
import { and, eq, inArray, lt, lte } from "drizzle-orm";
import { checkouts, idempotencyKeys } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredCheckout = typeof checkouts.$inferSelect;

export async function insertCheckout(
  tx: Tx,
  checkout: typeof checkouts.$inferInsert,
): Promise<StoredCheckout> {
  const [row] = await tx.insert(checkouts).values(checkout).returning();
  if (!row) throw new Error("an insert returns its row");
  return row;
}

export async function findCheckout(reads: Reads, id: string): Promise<StoredCheckout | undefined> {
  const [row] = await reads.select().from(checkouts).where(eq(checkouts.id, id));
  return row;
}

export async function updateCheckout(tx: Tx, id: string, set: Partial<StoredCheckout>): Promise<void> {
  await tx.update(checkouts).set(set).where(eq(checkouts.id, id));
}

/** Marks all unfinished ones of these products; what no provider has confirmed yet is closed at once. */
export async function supersedeCheckouts(tx: Tx, memberId: string, productIds: string[]): Promise<void> {
  const unfinished = (status: "creating" | "open") =>
    and(
      eq(checkouts.memberId, memberId),
      eq(checkouts.status, status),
      inArray(checkouts.productId, productIds),
    );
  await tx
    .update(checkouts)
    .set({ superseded: true, status: "closed", reconcileAt: null })
    .where(unfinished("creating"));
  await tx.update(checkouts).set({ superseded: true }).where(unfinished("open"));
}

export function listSuperseded(reads: Reads, memberId: string): Promise<StoredCheckout[]> {
  return reads
    .select()
    .from(checkouts)
    .where(
      and(eq(checkouts.memberId, memberId), eq(checkouts.status, "open"), eq(checkouts.superseded, true)),
    );
}

export function listUnfinished(reads: Reads, memberId: string): Promise<StoredCheckout[]> {
  return reads
    .select()
    .from(checkouts)
    .where(and(eq(checkouts.memberId, memberId), inArray(checkouts.status, ["creating", "open"])));
}

/** As with subscriptions: what is taken is put off. */
export async function takeDueCheckouts(
  tx: Tx,
  now: Date,
  again: Date,
  limit: number,
): Promise<StoredCheckout[]> {
  const due = tx
    .select({ id: checkouts.id })
    .from(checkouts)
    .where(lte(checkouts.reconcileAt, now))
    .orderBy(checkouts.reconcileAt)
    .limit(limit)
    .for("update", { skipLocked: true });
  return tx.update(checkouts).set({ reconcileAt: again }).where(inArray(checkouts.id, due)).returning();
}

export async function findKey(reads: Reads, memberId: string, key: string) {
  const [row] = await reads
    .select()
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.memberId, memberId), eq(idempotencyKeys.key, key)));
  return row;
}

export async function insertKey(tx: Tx, row: typeof idempotencyKeys.$inferInsert): Promise<void> {
  await tx.insert(idempotencyKeys).values(row);
}

export async function saveAnswer(tx: Tx, checkoutId: string, answer: CheckoutOpened): Promise<void> {
  await tx.update(idempotencyKeys).set({ answer }).where(eq(idempotencyKeys.checkoutId, checkoutId));
}

export async function deleteKeysBefore(tx: Tx, before: Date): Promise<void> {
  await tx.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, before));
}
