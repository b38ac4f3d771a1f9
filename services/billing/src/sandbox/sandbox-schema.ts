import { sql } from "drizzle-orm";
import { boolean, index, integer, text, uuid } from "drizzle-orm/pg-core";
import { billing, moment } from "../schema.ts";

/** The provider's own books. Nothing outside this folder reads or writes them, and they know nothing of billing's. */
export const sandboxCheckouts = billing.table("sandbox_checkouts", {
  ref: text("ref").primaryKey(),
  /** The merchant's name for it, by which asking again gives the same checkout. */
  merchantRef: uuid("merchant_ref").notNull().unique("sandbox_checkouts_merchant"),
  /** Whoever has it may pay. */
  token: text("token").notNull().unique("sandbox_checkouts_token"),
  description: text("description").notNull(),
  amount: integer("amount").notNull(),
  currency: text("currency").notNull(),
  recurring: boolean("recurring").notNull(),
  status: text("status").$type<"open" | "paid" | "closed">().notNull(),
  expiresAt: moment("expires_at").notNull(),
  subscriptionRef: text("subscription_ref"),
});

export const sandboxSubscriptions = billing.table(
  "sandbox_subscriptions",
  {
    ref: text("ref").primaryKey(),
    amount: integer("amount").notNull(),
    currency: text("currency").notNull(),
    status: text("status").$type<"active" | "ended">().notNull(),
    cancelAtPeriodEnd: boolean("cancel_at_period_end").notNull().default(false),
    periodStartsAt: moment("period_starts_at").notNull(),
    periodEndsAt: moment("period_ends_at").notNull(),
  },
  (t) => [
    index("sandbox_subscriptions_due")
      .on(t.periodEndsAt)
      .where(sql`status = 'active'`),
  ],
);

export const sandboxPayments = billing.table(
  "sandbox_payments",
  {
    ref: text("ref").primaryKey(),
    /** The checkout or subscription that it was for. */
    subject: text("subject").notNull(),
    amount: integer("amount").notNull(),
    currency: text("currency").notNull(),
    paidAt: moment("paid_at").notNull(),
  },
  (t) => [index("sandbox_payments_subject").on(t.subject, t.paidAt)],
);

/** Webhooks, sent until they are answered with 200 or given up. */
export const sandboxDeliveries = billing.table(
  "sandbox_deliveries",
  {
    id: uuid("id").primaryKey(),
    body: text("body").notNull(),
    requestId: text("request_id").notNull(),
    attempts: integer("attempts").notNull().default(0),
    /** Null once delivered or given up. Taking it for sending moves it on, which is the lease. */
    nextAttemptAt: moment("next_attempt_at"),
  },
  (t) => [
    index("sandbox_deliveries_waiting")
      .on(t.nextAttemptAt)
      .where(sql`next_attempt_at IS NOT NULL`),
  ],
);
