import type { Database, Transaction } from "@kismet/database";
import { and, desc, eq, inArray, lte, sql } from "drizzle-orm";
import type * as schema from "./sandbox-schema.ts";
import {
  sandboxCheckouts,
  sandboxDeliveries,
  sandboxPayments,
  sandboxSubscriptions,
} from "./sandbox-schema.ts";

export type SandboxDatabase = Database<typeof schema>;
export type SandboxTx = Transaction<typeof schema>;
type Reads = SandboxTx | SandboxDatabase["read"];

export type SandboxCheckout = typeof sandboxCheckouts.$inferSelect;
export type SandboxSubscription = typeof sandboxSubscriptions.$inferSelect;
export type Delivery = typeof sandboxDeliveries.$inferSelect;

/** The same merchant's reference again gives the checkout that it named first. */
export async function insertCheckout(
  reads: Reads,
  checkout: typeof sandboxCheckouts.$inferInsert,
): Promise<SandboxCheckout> {
  await reads.insert(sandboxCheckouts).values(checkout).onConflictDoNothing();
  const [row] = await reads
    .select()
    .from(sandboxCheckouts)
    .where(eq(sandboxCheckouts.merchantRef, checkout.merchantRef));
  if (!row) throw new Error("it was inserted, or was there");
  return row;
}

export async function findCheckout(
  reads: Reads,
  by: { ref: string } | { token: string },
): Promise<SandboxCheckout | undefined> {
  const [row] = await reads.select().from(sandboxCheckouts).where(named(by));
  return row;
}

/** Paying and closing at the same moment: one of them waits here for the other. */
export async function lockCheckout(
  tx: SandboxTx,
  by: { ref: string } | { token: string },
): Promise<SandboxCheckout | undefined> {
  const [row] = await tx.select().from(sandboxCheckouts).where(named(by)).for("update");
  return row;
}

function named(by: { ref: string } | { token: string }) {
  return "ref" in by ? eq(sandboxCheckouts.ref, by.ref) : eq(sandboxCheckouts.token, by.token);
}

export async function updateCheckout(
  tx: SandboxTx,
  ref: string,
  set: Partial<SandboxCheckout>,
): Promise<void> {
  await tx.update(sandboxCheckouts).set(set).where(eq(sandboxCheckouts.ref, ref));
}

export async function insertSubscription(
  tx: SandboxTx,
  subscription: typeof sandboxSubscriptions.$inferInsert,
): Promise<void> {
  await tx.insert(sandboxSubscriptions).values(subscription);
}

export async function findSubscription(reads: Reads, ref: string): Promise<SandboxSubscription | undefined> {
  const [row] = await reads.select().from(sandboxSubscriptions).where(eq(sandboxSubscriptions.ref, ref));
  return row;
}

export async function lockSubscription(tx: SandboxTx, ref: string): Promise<SandboxSubscription | undefined> {
  const [row] = await tx
    .select()
    .from(sandboxSubscriptions)
    .where(eq(sandboxSubscriptions.ref, ref))
    .for("update");
  return row;
}

export function lockDueSubscriptions(
  tx: SandboxTx,
  now: Date,
  limit: number,
): Promise<SandboxSubscription[]> {
  return tx
    .select()
    .from(sandboxSubscriptions)
    .where(and(eq(sandboxSubscriptions.status, "active"), lte(sandboxSubscriptions.periodEndsAt, now)))
    .limit(limit)
    .for("update", { skipLocked: true });
}

export async function updateSubscription(
  tx: SandboxTx,
  ref: string,
  set: Partial<SandboxSubscription>,
): Promise<void> {
  await tx.update(sandboxSubscriptions).set(set).where(eq(sandboxSubscriptions.ref, ref));
}

export async function insertPayment(
  tx: SandboxTx,
  payment: typeof sandboxPayments.$inferInsert,
): Promise<void> {
  await tx.insert(sandboxPayments).values(payment);
}

export function listPayments(reads: Reads, subject: string, limit: number) {
  return reads
    .select()
    .from(sandboxPayments)
    .where(eq(sandboxPayments.subject, subject))
    .orderBy(desc(sandboxPayments.paidAt))
    .limit(limit);
}

export async function insertDelivery(
  tx: SandboxTx,
  delivery: typeof sandboxDeliveries.$inferInsert,
): Promise<void> {
  await tx.insert(sandboxDeliveries).values(delivery);
}

export async function takeDeliveries(
  tx: SandboxTx,
  { now, leaseMs, limit }: { now: Date; leaseMs: number; limit: number },
): Promise<Delivery[]> {
  const waiting = tx
    .select({ id: sandboxDeliveries.id })
    .from(sandboxDeliveries)
    .where(lte(sandboxDeliveries.nextAttemptAt, now))
    .orderBy(sandboxDeliveries.nextAttemptAt)
    .limit(limit)
    .for("update", { skipLocked: true });
  return tx
    .update(sandboxDeliveries)
    .set({
      attempts: sql`${sandboxDeliveries.attempts} + 1`,
      nextAttemptAt: new Date(now.getTime() + leaseMs),
    })
    .where(inArray(sandboxDeliveries.id, waiting))
    .returning();
}

export async function planDelivery(reads: Reads, id: string, nextAttemptAt: Date | null): Promise<void> {
  await reads.update(sandboxDeliveries).set({ nextAttemptAt }).where(eq(sandboxDeliveries.id, id));
}
