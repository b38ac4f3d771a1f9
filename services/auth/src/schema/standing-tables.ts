import type { RestrictionReason } from "@kismet/contracts";
import { sql } from "drizzle-orm";
import { index, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { auth, moment } from "./auth-schema.ts";
import { accounts } from "./account-tables.ts";

/** What staff has decided against an account. At most one of a member's is open. */
export const restrictions = auth.table(
  "restrictions",
  {
    id: uuid("id").primaryKey(),
    memberId: uuid("member_id")
      .notNull()
      .references(() => accounts.memberId, { onDelete: "cascade" }),
    kind: text("kind").$type<"suspended" | "banned">().notNull(),
    reason: text("reason").$type<RestrictionReason>().notNull(),
    statement: text("statement"),
    until: moment("until"),
    madeAt: moment("made_at").notNull(),
    /** Null if it was an operator at a shell, or a check of ages; the audit names them. */
    madeBy: uuid("made_by"),
    endedAt: moment("ended_at"),
    ending: text("ending").$type<"expired" | "lifted" | "replaced" | "appeal">(),
  },
  (t) => [
    index("restrictions_of_member").on(t.memberId, t.madeAt),
    uniqueIndex("restrictions_open")
      .on(t.memberId)
      .where(sql`ended_at IS NULL`),
    index("restrictions_until")
      .on(t.until)
      .where(sql`ended_at IS NULL`),
  ],
);

/** A member's objection to a restriction, and what somebody else than its maker decided. */
export const appeals = auth.table(
  "appeals",
  {
    id: uuid("id").primaryKey(),
    restrictionId: uuid("restriction_id")
      .notNull()
      .references(() => restrictions.id, { onDelete: "cascade" })
      .unique("appeals_one_a_restriction"),
    memberId: uuid("member_id")
      .notNull()
      .references(() => accounts.memberId, { onDelete: "cascade" }),
    text: text("text").notNull(),
    madeAt: moment("made_at").notNull(),
    decidedAt: moment("decided_at"),
    decidedBy: uuid("decided_by"),
    outcome: text("outcome").$type<"upheld" | "overturned">(),
    outcomeReason: text("outcome_reason"),
  },
  (t) => [
    index("appeals_of_member").on(t.memberId),
    index("appeals_waiting")
      .on(t.id)
      .where(sql`decided_at IS NULL`),
  ],
);

/** Keyed hashes of the mailboxes of banned members: all that is kept of them when they are erased. */
export const banMarks = auth.table("ban_marks", {
  hash: text("hash").primaryKey(),
  createdAt: moment("created_at").notNull(),
  /** The restrictions that have left it: several accounts can have one mailbox. It goes with the last of them. */
  bans: uuid("bans").array().notNull().default([]),
});
