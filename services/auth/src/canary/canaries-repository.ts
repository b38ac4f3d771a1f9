import type { CanarySplit, DomainService } from "@kismet/contracts";
import { eq, gt } from "drizzle-orm";
import { canaries } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredCanary = typeof canaries.$inferSelect;

/** Until the transaction ends nobody else changes the split. One that was never set has version 0. */
export async function lockCanary(tx: Tx, service: DomainService, now: Date): Promise<StoredCanary> {
  const unset = { service, weight: 0, version: 0, changedAt: now, changedBy: "nobody", reason: null };
  await tx.insert(canaries).values(unset).onConflictDoNothing();
  const [row] = await tx.select().from(canaries).where(eq(canaries.service, service)).for("update");
  return row ?? unset;
}

export async function saveCanary(tx: Tx, { service, ...change }: StoredCanary): Promise<void> {
  await tx.update(canaries).set(change).where(eq(canaries.service, service));
}

export async function findCanaries(reads: Reads): Promise<StoredCanary[]> {
  return reads.select().from(canaries).where(gt(canaries.version, 0)).orderBy(canaries.service);
}

export function splitOf({ changedAt, ...canary }: StoredCanary): CanarySplit {
  return { ...canary, changedAt: changedAt.toISOString() };
}
