import type { Entitlements } from "@kismet/contracts";
import { eq, lt } from "drizzle-orm";
import { entitlements } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export async function findEntitled(reads: Reads, memberId: string) {
  const [row] = await reads.select().from(entitlements).where(eq(entitlements.memberId, memberId));
  return row ?? null;
}

/** Does nothing if a later version is known. */
export async function saveEntitlements(tx: Tx, told: Entitlements & { memberId: string }): Promise<void> {
  const known = {
    version: told.version,
    unlimitedLikes: told.features.unlimitedLikes,
    seeLikes: told.features.seeLikes,
    superlikes: told.balances.superlikes,
    validUntil: told.validUntil === null ? null : new Date(told.validUntil),
  };
  await tx
    .insert(entitlements)
    .values({ memberId: told.memberId, ...known })
    .onConflictDoUpdate({
      target: entitlements.memberId,
      set: known,
      setWhere: lt(entitlements.version, told.version),
    });
}

/** Before a rebuild: whatever comes is news again, and overwrites what is there. */
export async function forgetEntitlementVersions(tx: Tx): Promise<void> {
  await tx.update(entitlements).set({ version: -1 });
}
