import type { ChallengeKind, FirstProof } from "@kismet/contracts";
import { bigint, boolean, index, integer, primaryKey, smallint, text, uuid } from "drizzle-orm/pg-core";
import { auth, moment } from "./auth-schema.ts";
import { accounts } from "./account-tables.ts";

/** A device on which a member has signed in, known again by a token that it keeps. */
export const devices = auth.table(
  "devices",
  {
    id: uuid("id").primaryKey(),
    memberId: uuid("member_id")
      .notNull()
      .references(() => accounts.memberId, { onDelete: "cascade" }),
    tokenHash: text("token_hash").notNull(),
    name: text("name"),
    createdAt: moment("created_at").notNull(),
    lastUsedAt: moment("last_used_at").notNull(),
  },
  (t) => [index("devices_of_member").on(t.memberId, t.lastUsedAt)],
);

/** Where a member has signed in: networks as keyed hashes, countries as they are. */
export const places = auth.table(
  "places",
  {
    memberId: uuid("member_id")
      .notNull()
      .references(() => accounts.memberId, { onDelete: "cascade" }),
    kind: text("kind").$type<"network" | "country">().notNull(),
    value: text("value").notNull(),
    firstSeenAt: moment("first_seen_at").notNull(),
    lastSeenAt: moment("last_seen_at").notNull(),
  },
  (t) => [
    primaryKey({ name: "places_pk", columns: [t.memberId, t.kind, t.value] }),
    index("places_age").on(t.lastSeenAt),
  ],
);

/**
 * What is asked of somebody before a session opens (`sign-in`), instead of a password (`code`), or before something
 * delicate is done (`step-up`). A `code` has no member until the postman has found one, or for ever.
 */
export const challenges = auth.table(
  "challenges",
  {
    id: uuid("id").primaryKey(),
    purpose: text("purpose").$type<"sign-in" | "code" | "step-up">().notNull(),
    memberId: uuid("member_id").references(() => accounts.memberId, { onDelete: "cascade" }),
    kinds: text("kinds").array().$type<ChallengeKind[]>().notNull(),
    /** What was proven before. */
    method: text("method").$type<FirstProof>(),
    /** Which session is stepped up. */
    sessionId: uuid("session_id"),
    /** Of a device that was known when it began. */
    deviceId: uuid("device_id"),
    deviceName: text("device_name"),
    /** Whether device or network were the member's own. */
    familiar: boolean("familiar").notNull(),
    codeHash: text("code_hash"),
    codeMadeAt: moment("code_made_at"),
    /** Of the letter that asked for it. */
    codeLetterId: uuid("code_letter_id"),
    codesSent: smallint("codes_sent").notNull().default(0),
    triesLeft: smallint("tries_left").notNull(),
    createdAt: moment("created_at").notNull(),
    expiresAt: moment("expires_at").notNull(),
    usedAt: moment("used_at"),
  },
  (t) => [index("challenges_of_member").on(t.memberId, t.createdAt), index("challenges_age").on(t.createdAt)],
);

/** An authenticator (RFC 6238), at most one a member; it counts once it is confirmed. */
export const totps = auth.table("totps", {
  memberId: uuid("member_id")
    .primaryKey()
    .references(() => accounts.memberId, { onDelete: "cascade" }),
  sealedSecret: text("sealed_secret").notNull(),
  createdAt: moment("created_at").notNull(),
  confirmedAt: moment("confirmed_at"),
  /** The time step of the last code that was taken: neither it nor an earlier one is taken again. */
  lastStep: bigint("last_step", { mode: "number" }).notNull().default(0),
});

/** Those that are still good. */
export const recoveryCodes = auth.table(
  "recovery_codes",
  {
    memberId: uuid("member_id")
      .notNull()
      .references(() => accounts.memberId, { onDelete: "cascade" }),
    codeHash: text("code_hash").notNull(),
    createdAt: moment("created_at").notNull(),
  },
  (t) => [primaryKey({ name: "recovery_codes_pk", columns: [t.memberId, t.codeHash] })],
);

/** How often was guessed wrong, by keyed hash of what is counted: an account, an address, everybody. */
export const guesses = auth.table(
  "guesses",
  {
    key: text("key").primaryKey(),
    failures: integer("failures").notNull(),
    failedAt: moment("failed_at").notNull(),
    /** Until then there is no other try. */
    closedUntil: moment("closed_until").notNull(),
  },
  (t) => [index("guesses_age").on(t.failedAt)],
);
