import { busTables } from "@kismet/bus";
import type { CheckoutOpened, CheckoutStatus, Consumable, ProviderName, Tier } from "@kismet/contracts";
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from "drizzle-orm/pg-core";

export const billing = pgSchema("billing");

export const { outbox, inbox, parked, rebuilds, tombstones } = busTables(billing);

export const moment = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/**
 * One row a member: the view that was told last, under its version. Whoever changes anything of a member's
 * (checkouts, subscriptions, grants, spends) locks this row first, so that all of it happens one after the other.
 */
export const entitlements = billing.table(
  "entitlements",
  {
    memberId: uuid("member_id").primaryKey(),
    version: integer("version").notNull().default(0),
    tier: text("tier").$type<Tier>().notNull().default("free"),
    validUntil: moment("valid_until"),
    boosts: integer("boosts").notNull().default(0),
    superlikes: integer("superlikes").notNull().default(0),
    /** When time alone makes the view another one; null if never. */
    changesAt: moment("changes_at"),
  },
  (t) => [
    index("entitlements_changing")
      .on(t.changesAt)
      .where(sql`changes_at IS NOT NULL`),
  ],
);

export const checkouts = billing.table(
  "checkouts",
  {
    id: uuid("id").primaryKey(),
    memberId: uuid("member_id").notNull(),
    productId: text("product_id").notNull(),
    provider: text("provider").$type<ProviderName>().notNull(),
    amount: integer("amount").notNull(),
    currency: text("currency").notNull(),
    status: text("status").$type<CheckoutStatus>().notNull(),
    /** A later checkout of a subscription took its place: it is to be closed at the provider. */
    superseded: boolean("superseded").notNull().default(false),
    /** Both null until the provider has answered. */
    providerRef: text("provider_ref"),
    redirectUrl: text("redirect_url"),
    createdAt: moment("created_at").notNull(),
    paidAt: moment("paid_at"),
    /** When the provider is asked if no webhook has come by then; null once nothing can change any more. */
    reconcileAt: moment("reconcile_at"),
  },
  (t) => [
    index("checkouts_unfinished")
      .on(t.memberId)
      .where(sql`status IN ('creating', 'open')`),
    index("checkouts_reconcile")
      .on(t.reconcileAt)
      .where(sql`reconcile_at IS NOT NULL`),
    check("checkouts_amount", sql`amount > 0`),
  ],
);

/** A27: written in the transaction of the checkout that it stands for. */
export const idempotencyKeys = billing.table(
  "idempotency_keys",
  {
    memberId: uuid("member_id").notNull(),
    key: text("key").notNull(),
    bodyHash: text("body_hash").notNull(),
    checkoutId: uuid("checkout_id")
      .notNull()
      .references(() => checkouts.id),
    /** Null until there is one. */
    answer: jsonb("answer").$type<CheckoutOpened>(),
    createdAt: moment("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.memberId, t.key] }), index("idempotency_keys_age").on(t.createdAt)],
);

export type SubscriptionStatus = "active" | "ended";

/** What the provider last said of each subscription. */
export const subscriptions = billing.table(
  "subscriptions",
  {
    id: uuid("id").primaryKey(),
    memberId: uuid("member_id").notNull(),
    provider: text("provider").$type<ProviderName>().notNull(),
    providerRef: text("provider_ref").notNull(),
    productId: text("product_id").notNull(),
    tier: text("tier").$type<Tier>().notNull(),
    status: text("status").$type<SubscriptionStatus>().notNull(),
    cancelAtPeriodEnd: boolean("cancel_at_period_end").notNull(),
    periodStartsAt: moment("period_starts_at").notNull(),
    periodEndsAt: moment("period_ends_at").notNull(),
    /** Until when the tier is given: the period's end, and the time that a renewal may take. */
    paidUntil: moment("paid_until").notNull(),
    createdAt: moment("created_at").notNull(),
    reconcileAt: moment("reconcile_at"),
  },
  (t) => [
    unique("subscriptions_of_provider").on(t.provider, t.providerRef),
    index("subscriptions_active")
      .on(t.memberId)
      .where(sql`status = 'active'`),
    index("subscriptions_reconcile")
      .on(t.reconcileAt)
      .where(sql`reconcile_at IS NOT NULL`),
  ],
);

/** Every webhook that came with a good signature, once. It says nothing but that something should be read again. */
export const webhookEvents = billing.table(
  "webhook_events",
  {
    provider: text("provider").$type<ProviderName>().notNull(),
    eventId: text("event_id").notNull(),
    checkoutId: uuid("checkout_id"),
    subscriptionRef: text("subscription_ref"),
    requestId: text("request_id").notNull(),
    receivedAt: moment("received_at").notNull(),
    attempts: integer("attempts").notNull().default(0),
    /** Null once processed. Taking it for processing moves it on, which is the lease. */
    nextAttemptAt: moment("next_attempt_at"),
  },
  (t) => [
    primaryKey({ columns: [t.provider, t.eventId] }),
    index("webhook_events_waiting")
      .on(t.nextAttemptAt)
      .where(sql`next_attempt_at IS NOT NULL`),
  ],
);

export type TransactionKind = "payment" | "grant" | "spend" | "refund" | "expiry";

/** The journal: only ever added to. Triggers hold that the entries of each transaction sum to zero in each unit. */
export const ledgerTransactions = billing.table(
  "ledger_transactions",
  {
    id: uuid("id").primaryKey(),
    kind: text("kind").$type<TransactionKind>().notNull(),
    /** Names what happened: the same thing can't be posted twice. */
    key: text("key").notNull().unique("ledger_transactions_once"),
    memberId: uuid("member_id").notNull(),
    occurredAt: moment("occurred_at").notNull(),
  },
  (t) => [index("ledger_transactions_of_member").on(t.memberId, t.id)],
);

/** `member` holds what the member has, the others are where it came from and went. */
export type Account = "member" | "issued" | "spent" | "expired" | "revenue" | `provider:${ProviderName}`;

export const ledgerEntries = billing.table(
  "ledger_entries",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    transactionId: uuid("transaction_id")
      .notNull()
      .references(() => ledgerTransactions.id),
    account: text("account").$type<Account>().notNull(),
    /** A currency, whose minor units are counted, or a consumable. */
    unit: text("unit").notNull(),
    amount: bigint("amount", { mode: "number" }).notNull(),
    /** Of entries on `member`: from which grant. */
    grantId: uuid("grant_id").references(() => grants.id),
  },
  (t) => [
    index("ledger_entries_of_transaction").on(t.transactionId),
    index("ledger_entries_of_grant")
      .on(t.grantId)
      .where(sql`grant_id IS NOT NULL`),
    check("ledger_entries_grant", sql`(account = 'member') = (grant_id IS NOT NULL)`),
  ],
);

/** A lot of consumables that a member got at once, all of which end at the same time. */
export const grants = billing.table(
  "grants",
  {
    id: uuid("id").primaryKey(),
    memberId: uuid("member_id").notNull(),
    consumable: text("consumable").$type<Consumable>().notNull(),
    quantity: integer("quantity").notNull(),
    /** Always the sum of the grant's entries. */
    remaining: integer("remaining").notNull(),
    grantedAt: moment("granted_at").notNull(),
    /** Null if bought: these never end. */
    expiresAt: moment("expires_at"),
  },
  (t) => [
    index("grants_left")
      .on(t.memberId, t.consumable, t.expiresAt)
      .where(sql`remaining > 0`),
    check("grants_remaining", sql`remaining BETWEEN 0 AND quantity`),
  ],
);

export type SpendStatus = "spent" | "refunded" | "void";

/** By the caller's key. `void` is a refund that came before its spend: the spend is refused when it comes. */
export const spends = billing.table(
  "spends",
  {
    memberId: uuid("member_id").notNull(),
    key: uuid("key").notNull(),
    status: text("status").$type<SpendStatus>().notNull(),
    /** Both null if void. */
    consumable: text("consumable").$type<Consumable>(),
    grantId: uuid("grant_id").references(() => grants.id),
    createdAt: moment("created_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.memberId, t.key] }),
    check("spends_grant", sql`(status = 'void') = (grant_id IS NULL)`),
  ],
);
