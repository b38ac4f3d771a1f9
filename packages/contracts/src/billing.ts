import { Type, type Static } from "typebox";
import { literals, Money, nullable, strict, Timestamp, Uuid } from "./schema.ts";
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
export type Features = Static<typeof Features>;

/** What a member may do, and until when; a later version replaces an earlier one. */
export const Entitlements = strict({
  tier: Tier,
  features: Features,
  balances: strict({ boosts: Balance, superlikes: Balance }),
  /** When the tier ends unless it is renewed; null for the free tier. */
  validUntil: nullable(Timestamp),
  version: Type.Integer({ minimum: 0 }),
});
export type Entitlements = Static<typeof Entitlements>;

export const EntitlementChanged = defineEvent({
  subject: "events.billing.entitlement.changed",
  payload: strict({ memberId: Uuid, ...Entitlements.properties }),
  members: ({ memberId }) => [memberId],
});

export const GetEntitlements = defineRequest({
  subject: "billing.v1.entitlement.get",
  request: strict({ memberId: Uuid }),
  reply: Entitlements,
  timeoutMs: 2_000,
  idempotent: true,
});

/**
 * Takes one of a consumable; asked again with the same key it takes none. Errors: BILLING_BALANCE_INSUFFICIENT,
 * BILLING_SPEND_REFUNDED (the key was refunded, be it before the spend arrived), BILLING_SPEND_KEY_REUSED.
 */
export const SpendConsumable = defineRequest({
  subject: "billing.v1.consumable.spend",
  request: strict({ memberId: Uuid, consumable: Consumable, key: Uuid }),
  reply: strict({ balance: Balance }),
  timeoutMs: 2_000,
  idempotent: true,
});

/**
 * Gives back what was spent under the key; once, and none if nothing was: a spend that arrives later is refused. The
 * balance is that of the consumable that was spent, 0 if nothing was.
 */
export const RefundConsumable = defineRequest({
  subject: "billing.v1.consumable.refund",
  request: strict({ memberId: Uuid, key: Uuid }),
  reply: strict({ balance: Balance }),
  timeoutMs: 2_000,
  idempotent: true,
});

export const ProviderName = literals(["sandbox", "stripe", "paypal"]);
export type ProviderName = Static<typeof ProviderName>;

export const ProductId = Type.String({ pattern: "^[a-z0-9_]{1,40}$", maxLength: 40 });

/** ISO 3166-1 alpha-2. */
export const Country = Type.String({ pattern: "^[A-Z]{2}$", maxLength: 2 });

/** Consumables that come with each period of a tier and end with it. */
const Included = strict({ boosts: Balance, superlikes: Balance });

/** In minor units; `country` null is the price everywhere else. */
const Price = strict({ country: nullable(Country), ...Money.properties });

const Prices = Type.Array(Price, { minItems: 1, maxItems: 250 });

export const Product = Type.Union([
  strict({
    id: ProductId,
    kind: Type.Literal("subscription"),
    tier: Tier,
    period: Type.Literal("month"),
    prices: Prices,
  }),
  strict({
    id: ProductId,
    kind: Type.Literal("consumable"),
    consumable: Consumable,
    quantity: Type.Integer({ minimum: 1, maximum: 1_000 }),
    prices: Prices,
  }),
]);
export type Product = Static<typeof Product>;

export const Catalogue = strict({
  tiers: Type.Array(strict({ tier: Tier, features: Features, included: Included }), { maxItems: 10 }),
  products: Type.Array(Product, { maxItems: 100 }),
  providers: Type.Array(ProviderName, { maxItems: 3 }),
});
export type Catalogue = Static<typeof Catalogue>;

/** Without a country the price is that of everywhere else. */
export const CheckoutRequest = strict({
  productId: ProductId,
  provider: ProviderName,
  country: Type.Optional(Country),
});
export type CheckoutRequest = Static<typeof CheckoutRequest>;

/** `closed`: expired, or superseded by a later one; it can no longer be paid. */
export const CheckoutStatus = literals(["creating", "open", "paid", "closed"]);
export type CheckoutStatus = Static<typeof CheckoutStatus>;

const RedirectUrl = Type.String({ maxLength: 2_048 });

export const CheckoutOpened = strict({ checkoutId: Uuid, redirectUrl: RedirectUrl, status: CheckoutStatus });
export type CheckoutOpened = Static<typeof CheckoutOpened>;

export const Checkout = strict({
  checkoutId: Uuid,
  productId: ProductId,
  provider: ProviderName,
  price: Money,
  status: CheckoutStatus,
  /** Where to pay; null unless it is open. */
  redirectUrl: nullable(RedirectUrl),
  createdAt: Timestamp,
  paidAt: nullable(Timestamp),
});
export type Checkout = Static<typeof Checkout>;

export const Subscription = strict({
  id: Uuid,
  productId: ProductId,
  tier: Tier,
  provider: ProviderName,
  periodStartsAt: Timestamp,
  periodEndsAt: Timestamp,
  /** Whether it ends with the period instead of being renewed. */
  cancelAtPeriodEnd: Type.Boolean(),
});
export type Subscription = Static<typeof Subscription>;

/** What became of a member's running subscription. `running` could not be cancelled yet. */
export const EndedSubscription = strict({
  status: literals(["none", "cancelled", "running"]),
  /** Until when it is paid; null without one. */
  endsAt: nullable(Timestamp),
});
export type EndedSubscription = Static<typeof EndedSubscription>;

/** Has a member's running subscription end with its period, so that whoever leaves is not charged again. */
export const EndSubscription = defineRequest({
  subject: "billing.v1.subscription.end",
  request: strict({ memberId: Uuid }),
  reply: EndedSubscription,
  timeoutMs: 4_000,
  idempotent: true,
});
