import type { ProviderName } from "@kismet/contracts";
import { and, eq, inArray, lte, sql } from "drizzle-orm";
import type { WebhookNotice } from "../providers/payment-provider.ts";
import { webhookEvents } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type TakenEvent = typeof webhookEvents.$inferSelect;

/** False if the event was recorded before: a replay, or the provider's own retry. */
export async function recordEvent(
  reads: Reads,
  provider: ProviderName,
  notice: WebhookNotice,
  received: { requestId: string; at: Date },
): Promise<boolean> {
  const recorded = await reads
    .insert(webhookEvents)
    .values({
      provider,
      ...notice,
      requestId: received.requestId,
      receivedAt: received.at,
      nextAttemptAt: received.at,
    })
    .onConflictDoNothing()
    .returning({ eventId: webhookEvents.eventId });
  return recorded.length > 0;
}

/** Takes some that wait, for this instance alone until the lease is over. */
export async function takeEvents(
  tx: Tx,
  { now, leaseMs, limit }: { now: Date; leaseMs: number; limit: number },
): Promise<TakenEvent[]> {
  const waiting = tx
    .select({ eventId: webhookEvents.eventId })
    .from(webhookEvents)
    .where(lte(webhookEvents.nextAttemptAt, now))
    .orderBy(webhookEvents.nextAttemptAt)
    .limit(limit)
    .for("update", { skipLocked: true });
  const againAt = new Date(now.getTime() + leaseMs);
  return tx
    .update(webhookEvents)
    .set({ attempts: sql`${webhookEvents.attempts} + 1`, nextAttemptAt: againAt })
    .where(inArray(webhookEvents.eventId, waiting))
    .returning();
}

export async function finishEvent(reads: Reads, { provider, eventId }: TakenEvent): Promise<void> {
  await reads
    .update(webhookEvents)
    .set({ nextAttemptAt: null })
    .where(and(eq(webhookEvents.provider, provider), eq(webhookEvents.eventId, eventId)));
}
