import { busTables } from "@kismet/bus";
import type { AccountStatus, ChallengeKind, FirstProof, Member, SignInMethod } from "@kismet/contracts";
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  date,
  doublePrecision,
  index,
  integer,
  pgSchema,
  primaryKey,
  smallint,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";

export const auth = pgSchema("auth");

export const { outbox, inbox, parked, rebuilds } = busTables(auth);

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** Whoever changes anything of a member's locks this row first. */
export const accounts = auth.table(
  "accounts",
  {
    memberId: uuid("member_id").primaryKey(),
    /** As `normaliseEmail` gives it. */
    email: text("email").notNull().unique("accounts_email"),
    /** Argon2id, with its parameters. */
    passwordHash: text("password_hash").notNull(),
    birthDate: date("birth_date", { mode: "string" }).notNull(),
    locale: text("locale").notNull(),
    acceptedTermsVersion: text("accepted_terms_version").notNull(),
    status: text("status").$type<AccountStatus>().notNull(),
    /** Counts what was told of this account. */
    version: integer("version").notNull().default(0),
    roles: text("roles").array().$type<Member["roles"]>().notNull().default([]),
    createdAt: moment("created_at").notNull(),
    /** Of a deleting account: until then it can be restored. */
    erasesAt: moment("erases_at"),
  },
  (t) => [
    index("accounts_erasing")
      .on(t.erasesAt)
      .where(sql`erases_at IS NOT NULL`),
    index("accounts_unverified")
      .on(t.createdAt)
      .where(sql`status = 'unverified'`),
  ],
);

/**
 * A sign-up that waits for its code. Each has its own password: whoever signs up with somebody else's address first
 * must not have a password for the account that its owner verifies.
 */
export const signups = auth.table(
  "signups",
  {
    /** Of the letter that asked for it, so that a letter which is handled again changes one sign-up. */
    id: uuid("id").primaryKey(),
    memberId: uuid("member_id")
      .notNull()
      .references(() => accounts.memberId, { onDelete: "cascade" }),
    passwordHash: text("password_hash").notNull(),
    birthDate: date("birth_date", { mode: "string" }).notNull(),
    locale: text("locale").notNull(),
    acceptedTermsVersion: text("accepted_terms_version").notNull(),
    codeHash: text("code_hash").notNull(),
    triesLeft: smallint("tries_left").notNull(),
    codesSent: smallint("codes_sent").notNull(),
    codeSentAt: moment("code_sent_at").notNull(),
    createdAt: moment("created_at").notNull(),
  },
  (t) => [index("signups_of_member").on(t.memberId, t.createdAt), index("signups_age").on(t.createdAt)],
);

/** One device that is signed in. Its refresh tokens are derived from the seed, and so need not be kept. */
export const sessions = auth.table(
  "sessions",
  {
    id: uuid("id").primaryKey(),
    memberId: uuid("member_id")
      .notNull()
      .references(() => accounts.memberId, { onDelete: "cascade" }),
    deviceName: text("device_name"),
    seed: text("seed").notNull(),
    /** Of the refresh token that is good now. */
    generation: integer("generation").notNull(),
    /** When this generation took the place of the one before. */
    rotatedAt: moment("rotated_at").notNull(),
    createdAt: moment("created_at").notNull(),
    expiresAt: moment("expires_at").notNull(),
    endedAt: moment("ended_at"),
    /** By what it was signed in, the first factor first. */
    methods: text("methods").array().$type<SignInMethod[]>().notNull().default([]),
    /** When its member last proved to be there; null for one that is older than the question. */
    authenticatedAt: moment("authenticated_at"),
    /** Where it was last seen, as a device list shows it. */
    place: text("place"),
    deviceId: uuid("device_id"),
  },
  (t) => [
    index("sessions_of_member")
      .on(t.memberId, t.rotatedAt)
      .where(sql`ended_at IS NULL`),
    index("sessions_age").on(t.expiresAt),
  ],
);

/** The last one that a member asked for. */
export const passwordResets = auth.table("password_resets", {
  memberId: uuid("member_id")
    .primaryKey()
    .references(() => accounts.memberId, { onDelete: "cascade" }),
  tokenHash: text("token_hash").notNull().unique("password_resets_token"),
  createdAt: moment("created_at").notNull(),
});

/**
 * See docs/adr/letters.md.
 * What somebody asked for by e-mail address, to be handled after they have their answer: the answer and its timing then
 * can't tell whether the address is known. Sealed, since it holds addresses and codes.
 */
export const letters = auth.table(
  "letters",
  {
    id: uuid("id").primaryKey(),
    sealed: text("sealed").notNull(),
    requestId: text("request_id").notNull(),
    createdAt: moment("created_at").notNull(),
    /** Taking it moves this on, which is the lease. */
    nextAttemptAt: moment("next_attempt_at").notNull(),
    attempts: smallint("attempts").notNull().default(0),
  },
  (t) => [index("letters_waiting").on(t.nextAttemptAt)],
);

export const signingKeys = auth.table("signing_keys", {
  kid: text("kid").primaryKey(),
  /** PKCS #8 PEM, sealed. */
  sealedPrivateKey: text("sealed_private_key").notNull(),
  /** Of the Ed25519 public key, base64url (RFC 8037). */
  x: text("x").notNull(),
  createdAt: moment("created_at").notNull(),
});

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

/** Apps and partners that call the edge with a key of their own. Kept when revoked: the audit names them. */
export const clients = auth.table("clients", {
  id: uuid("id").primaryKey(),
  name: text("name").notNull().unique("clients_name"),
  limitFactor: doublePrecision("limit_factor").notNull(),
  /** Counts what was told of this client. */
  version: integer("version").notNull(),
  createdAt: moment("created_at").notNull(),
  revokedAt: moment("revoked_at"),
});

/** Of 256 random bits each, so that a plain hash hides them; a key that is revoked is deleted. */
export const clientKeys = auth.table(
  "client_keys",
  {
    id: text("id").primaryKey(),
    clientId: uuid("client_id")
      .notNull()
      .references(() => clients.id),
    digest: text("digest").notNull(),
    createdAt: moment("created_at").notNull(),
  },
  (t) => [index("client_keys_of_client").on(t.clientId)],
);
