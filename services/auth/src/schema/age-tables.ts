import type { AgeCheckMethod, AgeCheckOutcome, AgeState } from "@kismet/contracts";
import { sql } from "drizzle-orm";
import { index, smallint, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { auth, moment } from "./auth-schema.ts";
import { accounts } from "./account-tables.ts";

const ownedBy = () => uuid("member_id").references(() => accounts.memberId, { onDelete: "cascade" });

/** How well a member's age is known. Without a row it is as they have declared it. No birth date, no picture. */
export const ageAssurances = auth.table(
  "age_assurances",
  {
    memberId: ownedBy().primaryKey(),
    state: text("state").$type<AgeState>().notNull(),
    method: text("method").$type<AgeCheckMethod>(),
    /** The age that they have been shown to have reached: the limit that was asked about, not how old they are. */
    provenAge: smallint("proven_age"),
    provider: text("provider"),
    providerRef: text("provider_ref"),
    /** Of the provider, or of who has put it right: nothing older counts any more. */
    decidedAt: moment("decided_at"),
    expiresAt: moment("expires_at"),
    /** What a refusal has led to; ended by a better proof. */
    restrictionId: uuid("restriction_id"),
  },
  (t) => [
    index("age_assurances_ending")
      .on(t.expiresAt)
      .where(sql`state IN ('estimated', 'verified')`),
  ],
);

/** A member who was sent to the provider. At most one is open of each. */
export const ageChecks = auth.table(
  "age_checks",
  {
    /** All that the provider knows of the member. */
    id: uuid("id").primaryKey(),
    memberId: ownedBy().notNull(),
    method: text("method").$type<AgeCheckMethod>().notNull(),
    minimumAge: smallint("minimum_age").notNull(),
    provider: text("provider").notNull(),
    /** Null until the provider has answered. */
    providerRef: text("provider_ref"),
    /** Whoever has the address can be checked in the member's place: sealed, and gone when the check is over. */
    sealedRedirect: text("sealed_redirect"),
    openedAt: moment("opened_at").notNull(),
    expiresAt: moment("expires_at").notNull(),
    closedAt: moment("closed_at"),
    /** `unavailable`: the provider never had it. */
    outcome: text("outcome").$type<AgeCheckOutcome | "unavailable">(),
    /** Of the result that was taken; it may come again. */
    resultId: uuid("result_id"),
    decidedAt: moment("decided_at"),
  },
  (t) => [
    uniqueIndex("age_checks_open")
      .on(t.memberId)
      .where(sql`closed_at IS NULL`),
    index("age_checks_of_member").on(t.memberId, t.openedAt),
    index("age_checks_ending")
      .on(t.expiresAt)
      .where(sql`closed_at IS NULL`),
    index("age_checks_age").on(t.openedAt),
  ],
);
