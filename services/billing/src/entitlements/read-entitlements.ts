import type { Entitlements } from "@kismet/contracts";
import type { Clock } from "@kismet/service-kit";
import type { BillingDatabase } from "../storage.ts";
import { findView, lockMember } from "./entitlements-repository.ts";
import { asEntitlements, refreshEntitlements } from "./refresh-entitlements.ts";

const free = { tier: "free", validUntil: null, boosts: 0, superlikes: 0, version: 0 } as const;

/**
 * One row by its key. If time has made the stored view a wrong one, the first who reads it brings it up to date, so
 * that nobody is told a tier that has ended.
 */
export async function readEntitlements(
  { database, clock }: { database: BillingDatabase; clock: Clock },
  memberId: string,
): Promise<Entitlements> {
  const view = await findView(database.read, memberId);
  if (!view) return asEntitlements({ memberId, ...free });
  const now = clock.now();
  if (view.changesAt === null || view.changesAt > now) return asEntitlements(view);
  return database.transaction(async (tx) => refreshEntitlements(tx, await lockMember(tx, memberId), now));
}
