import { Type, type Static } from "typebox";
import { literals, nullable, strict, Timestamp, Uuid } from "./schema.ts";
import { defineEvent, defineRequest } from "./subject.ts";

export const Tier = literals(["free", "plus", "gold"]);
export type Tier = Static<typeof Tier>;

export const Consumable = literals(["boosts", "superlikes"]);
export type Consumable = Static<typeof Consumable>;

const Balance = Type.Integer({ minimum: 0, maximum: 1_000_000 });

export const Features = strict({
  unlimitedLikes: Type.Boolean(),
  seeLikes: Type.Boolean(),
});

/** What a member may do, and until when; a later version replaces an earlier one. */
export const Entitlements = strict({
  tier: Tier,
  features: Features,
  balances: strict({ boosts: Balance, superlikes: Balance }),
  /** End of the paid period; null for the free tier. */
  validUntil: nullable(Timestamp),
  version: Type.Integer({ minimum: 0 }),
});
export type Entitlements = Static<typeof Entitlements>;

export const EntitlementChanged = defineEvent({
  subject: "events.billing.entitlement.changed",
  payload: strict({ memberId: Uuid, ...Entitlements.properties }),
});

export const GetEntitlements = defineRequest({
  subject: "billing.v1.entitlement.get",
  request: strict({ memberId: Uuid }),
  reply: Entitlements,
  timeoutMs: 2_000,
  idempotent: true,
});

/** Takes one of a consumable; asked again with the same key it takes none. Errors: BILLING_BALANCE_INSUFFICIENT. */
export const SpendConsumable = defineRequest({
  subject: "billing.v1.consumable.spend",
  request: strict({ memberId: Uuid, consumable: Consumable, key: Uuid }),
  reply: strict({ balance: Balance }),
  timeoutMs: 2_000,
  idempotent: true,
});

/** Gives back what was spent under the key; once, and none if nothing was: a spend that arrives later is refused. */
export const RefundConsumable = defineRequest({
  subject: "billing.v1.consumable.refund",
  request: strict({ memberId: Uuid, key: Uuid }),
  reply: strict({ balance: Balance }),
  timeoutMs: 2_000,
  idempotent: true,
});
