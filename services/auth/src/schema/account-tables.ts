import type { AccountStatus, Member, SignInMethod } from "@kismet/contracts";
import { sql } from "drizzle-orm";
import { boolean, date, index, integer, smallint, text, uuid } from "drizzle-orm/pg-core";
import { auth, moment } from "./auth-schema.ts";

/** Whoever changes anything of a member's locks this row first. */
export const accounts = auth.table(
  "accounts",
  {
    memberId: uuid("member_id").primaryKey(),
    /** As `normaliseEmail` gives it. */
    email: text("email").notNull().unique("accounts_email"),
    /** Argon2id, with its parameters; null for who signs in by other means only. */
    passwordHash: text("password_hash"),
    birthDate: date("birth_date", { mode: "string" }).notNull(),
    locale: text("locale").notNull(),
    acceptedTermsVersion: text("accepted_terms_version").notNull(),
    /** Where the member says that they live, for the law on ages; null where they have not. */
    jurisdiction: text("jurisdiction"),
    status: text("status").$type<AccountStatus>().notNull(),
    /** Counts what was told of this account. */
    version: integer("version").notNull().default(0),
    roles: text("roles").array().$type<Member["roles"]>().notNull().default([]),
    createdAt: moment("created_at").notNull(),
    /** Of a deleting account: until then it can be restored. */
    erasesAt: moment("erases_at"),
    /** Since when the member wants to be seen by nobody. */
    hiddenAt: moment("hidden_at"),
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
    jurisdiction: text("jurisdiction"),
    codeHash: text("code_hash").notNull(),
    /** For which letter the code was made. */
    codeLetterId: uuid("code_letter_id"),
    /** From which network it came: `askerOf`. */
    asker: text("asker"),
    /** Of the code, from that network; all others together have their own, so that none of them uses these up. */
    triesLeft: smallint("tries_left").notNull(),
    othersTriesLeft: smallint("others_tries_left").notNull().default(5),
    /** Of the password, by whoever has the code or the link. */
    passwordTriesLeft: smallint("password_tries_left").notNull().default(5),
    /** Counted by the version before, and gone with the next: `asked_mails` says it. */
    codesSent: smallint("codes_sent").notNull().default(0),
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

/** Those of the last day: none takes the place of another, or whoever asks often enough would keep a member out. */
export const passwordResets = auth.table(
  "password_resets",
  {
    memberId: uuid("member_id")
      .notNull()
      .references(() => accounts.memberId, { onDelete: "cascade" }),
    tokenHash: text("token_hash").primaryKey(),
    /** For which letter it was made. */
    letterId: uuid("letter_id"),
    /** Whether it was asked for at one of the member's own networks. */
    familiar: boolean("familiar").notNull().default(false),
    createdAt: moment("created_at").notNull(),
  },
  (t) => [index("password_resets_of_member").on(t.memberId, t.createdAt)],
);

/** Asked for, confirmed by the new address, and undone by the old one: docs/adr/email-change.md. */
export const emailChanges = auth.table(
  "email_changes",
  {
    /** Of the letter that asked for it. */
    id: uuid("id").primaryKey(),
    memberId: uuid("member_id")
      .notNull()
      .references(() => accounts.memberId, { onDelete: "cascade" }),
    oldEmail: text("old_email").notNull(),
    newEmail: text("new_email").notNull(),
    /** Of a change that waits; none if the address is somebody else's. */
    codeHash: text("code_hash"),
    linkHash: text("link_hash").unique("email_changes_link"),
    triesLeft: smallint("tries_left").notNull(),
    requestedAt: moment("requested_at").notNull(),
    confirmedAt: moment("confirmed_at"),
    undoHash: text("undo_hash").unique("email_changes_undo"),
    /** Replaced by another, or undone. */
    closedAt: moment("closed_at"),
    /** In which it was asked for: it waits no longer than that goes on. */
    sessionId: uuid("session_id"),
  },
  (t) => [
    index("email_changes_of_member").on(t.memberId, t.id),
    index("email_changes_to").on(t.newEmail, t.requestedAt),
    index("email_changes_from")
      .on(t.oldEmail)
      .where(sql`confirmed_at IS NOT NULL`),
    index("email_changes_age").on(t.requestedAt),
  ],
);

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

/**
 * Mails that went to an address because somebody, perhaps a stranger, asked for them, for a day: nobody's mailbox is to be
 * flooded. Addresses and networks as keyed hashes.
 */
export const askedMails = auth.table(
  "asked_mails",
  {
    /** A letter that is carried again sends the same mail. */
    letterId: uuid("letter_id").primaryKey(),
    /** With the kind of mail. */
    address: text("address").notNull(),
    asker: text("asker"),
    sentAt: moment("sent_at").notNull(),
  },
  (t) => [index("asked_mails_to").on(t.address, t.sentAt), index("asked_mails_age").on(t.sentAt)],
);

export const signingKeys = auth.table("signing_keys", {
  kid: text("kid").primaryKey(),
  /** PKCS #8 PEM, sealed. */
  sealedPrivateKey: text("sealed_private_key").notNull(),
  /** Of the Ed25519 public key, base64url (RFC 8037). */
  x: text("x").notNull(),
  createdAt: moment("created_at").notNull(),
});
