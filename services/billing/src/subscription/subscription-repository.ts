import type { ProviderName } from "@kismet/contracts";
import { and, desc, eq, inArray, lte } from "drizzle-orm";
import { subscriptions } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredSubscription = typeof subscriptions.$inferSelect;

/** Those that have not ended as far as the provider has told, latest first. */
export function listActive(reads: Reads, memberId: string): Promise<StoredSubscription[]> {
  return reads
    .select()
    .from(subscriptions)
    .where(and(eq(subscriptions.memberId, memberId), eq(subscriptions.status, "active")))
    .orderBy(desc(subscriptions.createdAt));
}

export async function findSubscription(reads: Reads, id: string): Promise<StoredSubscription | undefined> {
  const [row] = await reads.select().from(subscriptions).where(eq(subscriptions.id, id));
  return row;
}

export async function findByRef(
  reads: Reads,
  provider: ProviderName,
  providerRef: string,
): Promise<StoredSubscription | undefined> {
  const [row] = await reads
    .select()
    .from(subscriptions)
    .where(and(eq(subscriptions.provider, provider), eq(subscriptions.providerRef, providerRef)));
  return row;
}

/** What is told again of a subscription replaces what was known; who it belongs to and since when stays. */
export async function saveSubscription(tx: Tx, told: StoredSubscription): Promise<void> {
  const { status, cancelAtPeriodEnd, periodStartsAt, periodEndsAt, paidUntil, reconcileAt } = told;
  await tx
    .insert(subscriptions)
    .values(told)
    .onConflictDoUpdate({
      target: [subscriptions.provider, subscriptions.providerRef],
      set: { status, cancelAtPeriodEnd, periodStartsAt, periodEndsAt, paidUntil, reconcileAt },
    });
}

/** Takes those that are due, and puts them off, so that one which fails does not stand in the way of the others. */
export async function takeDueSubscriptions(tx: Tx, now: Date, again: Date, limit: number): Promise<string[]> {
  const due = tx
    .select({ id: subscriptions.id })
    .from(subscriptions)
    .where(lte(subscriptions.reconcileAt, now))
    .orderBy(subscriptions.reconcileAt)
    .limit(limit)
    .for("update", { skipLocked: true });
  const taken = await tx
    .update(subscriptions)
    .set({ reconcileAt: again })
    .where(inArray(subscriptions.id, due))
    .returning({ id: subscriptions.id });
  return taken.map((row) => row.id);
}
