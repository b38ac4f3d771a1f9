import type { Consumable, Tier } from "@kismet/contracts";
import { rankOf } from "../catalogue/catalogue.ts";

type PaidTier = { tier: Tier; paidUntil: Date };
/** What is left of a consumable, and when the first of it ends. */
type Left = { consumable: Consumable; left: number; endsAt: Date | null };

export type DecidedView = {
  tier: Tier;
  validUntil: Date | null;
  boosts: number;
  superlikes: number;
  /** When time alone makes this another view. */
  changesAt: Date | null;
};

/** The best tier that is paid for now, and what is left of the consumables. */
export function decideEntitlements(paid: readonly PaidTier[], left: readonly Left[], now: Date): DecidedView {
  const [best] = paid
    .filter((each) => each.paidUntil > now)
    .sort((a, b) => rankOf(b.tier) - rankOf(a.tier) || b.paidUntil.getTime() - a.paidUntil.getTime());
  const leftOf = (consumable: Consumable) => left.find((each) => each.consumable === consumable)?.left ?? 0;
  const validUntil = best?.paidUntil ?? null;
  return {
    tier: best?.tier ?? "free",
    validUntil,
    boosts: leftOf("boosts"),
    superlikes: leftOf("superlikes"),
    changesAt: earliest([validUntil, ...left.map((each) => each.endsAt)]),
  };
}

function earliest(moments: (Date | null)[]): Date | null {
  return moments.reduce(
    (first, each) => (first === null || (each !== null && each < first) ? each : first),
    null,
  );
}
