import { emit } from "@kismet/bus";
import { EntitlementChanged, type Entitlements } from "@kismet/contracts";
import { featuresOf } from "../catalogue/catalogue.ts";
import { sumGrants } from "../ledger/ledger-repository.ts";
import { expireGrants } from "../ledger/movements.ts";
import type { Tx } from "../storage.ts";
import { decideEntitlements } from "./decide-entitlements.ts";
import { listPaidTiers, saveView, type StoredView } from "./entitlements-repository.ts";

/**
 * Brings a member's view up to date with what was paid, spent and has ended, and tells everybody if it became another
 * one: a version stands for one view only. Called at the end of every transaction that changes what it is made of,
 * with what `lockMember` gave at its beginning.
 */
export async function refreshEntitlements(tx: Tx, known: StoredView, now: Date): Promise<Entitlements> {
  const { memberId } = known;
  await expireGrants(tx, memberId, now);
  const paid = await listPaidTiers(tx, memberId);
  const decided = decideEntitlements(paid, await sumGrants(tx, memberId), now);
  const differs = isOther(known, decided);
  const next: StoredView = { memberId, version: known.version + (differs ? 1 : 0), ...decided };
  if (differs || next.changesAt?.getTime() !== known.changesAt?.getTime()) await saveView(tx, next);
  const view = asEntitlements(next);
  if (differs) await emit(tx, EntitlementChanged, { aggregateId: memberId, payload: { memberId, ...view } });
  return view;
}

export function asEntitlements(view: Omit<StoredView, "changesAt">): Entitlements {
  const { tier, validUntil, boosts, superlikes, version } = view;
  return {
    tier,
    features: featuresOf(tier),
    balances: { boosts, superlikes },
    validUntil: validUntil?.toISOString() ?? null,
    version,
  };
}

function isOther(a: Omit<StoredView, "version">, b: Omit<StoredView, "version" | "memberId">): boolean {
  return (
    a.tier !== b.tier ||
    a.validUntil?.getTime() !== b.validUntil?.getTime() ||
    a.boosts !== b.boosts ||
    a.superlikes !== b.superlikes
  );
}
