import { busTables } from "@kismet/bus";
import { auditTables } from "@kismet/database";
import type {
  AccountStatus,
  ChallengeKind,
  FirstProof,
  Member,
  OidcProvider,
  RestrictionReason,
  SignInMethod,
  DomainService,
} from "@kismet/contracts";
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  customType,
  date,
  doublePrecision,
  index,
  integer,
  pgSchema,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";

export const auth = pgSchema("auth");

export const { outbox, inbox, parked, rebuilds, tombstones } = busTables(auth);
export const { auditPending, auditTrail } = auditTables(auth);

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

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

const ownedBy = () =>
  uuid("member_id")
    .notNull()
    .references(() => accounts.memberId, { onDelete: "cascade" });

/** The public half of a key that an authenticator of the member's holds. */
export const passkeys = auth.table(
  "passkeys",
  {
    id: uuid("id").primaryKey(),
    memberId: ownedBy(),
    /** Base64url, as the authenticator made it. */
    credentialId: text("credential_id").notNull().unique("passkeys_credential"),
    /** COSE, base64url. */
    publicKey: text("public_key").notNull(),
    /** The last that was seen; authenticators that keep none say 0. */
    counter: bigint("counter", { mode: "number" }).notNull(),
    transports: text("transports").array().notNull(),
    name: text("name").notNull(),
    /** The authenticator's model, all zeros if it does not say. */
    aaguid: uuid("aaguid").notNull(),
    /** Whether it may be copied to other devices, and whether it was. */
    backupEligible: boolean("backup_eligible").notNull(),
    backedUp: boolean("backed_up").notNull(),
    createdAt: moment("created_at").notNull(),
    lastUsedAt: moment("last_used_at"),
    /** Its counter went back: somebody has a copy, and it is refused from then on. */
    suspendedAt: moment("suspended_at"),
  },
  (t) => [index("passkeys_of_member").on(t.memberId, t.createdAt)],
);

/** What an authenticator was asked to sign. Deleted as it is answered, whether well or not. */
export const passkeyChallenges = auth.table(
  "passkey_challenges",
  {
    id: uuid("id").primaryKey(),
    purpose: text("purpose").$type<"registration" | "sign-in" | "step-up">().notNull(),
    /** Null while nobody knows who signs in. */
    memberId: uuid("member_id").references(() => accounts.memberId, { onDelete: "cascade" }),
    sessionId: uuid("session_id"),
    challengeHash: text("challenge_hash").notNull(),
    expiresAt: moment("expires_at").notNull(),
  },
  (t) => [
    index("passkey_challenges_of_member").on(t.memberId),
    index("passkey_challenges_age").on(t.expiresAt),
  ],
);

/** Whom a provider knows a member as. */
export const identities = auth.table(
  "identities",
  {
    id: uuid("id").primaryKey(),
    memberId: ownedBy(),
    provider: text("provider").$type<OidcProvider>().notNull(),
    subject: text("subject").notNull(),
    /** As the provider said it last; the account's own address is another matter. */
    email: text("email"),
    /** Said once, when they first signed in. */
    givenName: text("given_name"),
    createdAt: moment("created_at").notNull(),
    lastUsedAt: moment("last_used_at"),
  },
  (t) => [
    unique("identities_subject").on(t.provider, t.subject),
    unique("identities_one_a_provider").on(t.memberId, t.provider),
  ],
);

/** A browser that is away at a provider. State and verifier are keyed hashes; nonce and PKCE verifier are derived. */
export const oidcFlows = auth.table(
  "oidc_flows",
  {
    stateHash: text("state_hash").primaryKey(),
    provider: text("provider").$type<OidcProvider>().notNull(),
    verifierHash: text("verifier_hash").notNull(),
    /** Where it was begun to link the identity to an account. */
    memberId: uuid("member_id").references(() => accounts.memberId, { onDelete: "cascade" }),
    sessionId: uuid("session_id"),
    returnTo: text("return_to").notNull(),
    givenName: text("given_name"),
    expiresAt: moment("expires_at").notNull(),
  },
  (t) => [index("oidc_flows_of_member").on(t.memberId), index("oidc_flows_age").on(t.expiresAt)],
);

/** Somebody for whom a provider has vouched, and who has no account by that yet. */
export const oidcTickets = auth.table(
  "oidc_tickets",
  {
    tokenHash: text("token_hash").primaryKey(),
    provider: text("provider").$type<OidcProvider>().notNull(),
    subject: text("subject").notNull(),
    email: text("email"),
    emailVerified: boolean("email_verified").notNull(),
    givenName: text("given_name"),
    /** What they said of themselves, while a code is on its way. */
    birthDate: date("birth_date", { mode: "string" }),
    locale: text("locale"),
    acceptedTermsVersion: text("accepted_terms_version"),
    codeHash: text("code_hash"),
    codeSentAt: moment("code_sent_at"),
    codesSent: smallint("codes_sent").notNull().default(0),
    triesLeft: smallint("tries_left").notNull().default(0),
    expiresAt: moment("expires_at").notNull(),
  },
  (t) => [index("oidc_tickets_age").on(t.expiresAt), index("oidc_tickets_of_address").on(t.email)],
);

/** How the edge splits the traffic of services between their instances and a canary. */
export const canaries = auth.table("canaries", {
  service: text("service").$type<DomainService>().primaryKey(),
  weight: smallint("weight").notNull(),
  /** Counts what was told of this split. */
  version: integer("version").notNull(),
  changedAt: moment("changed_at").notNull(),
  changedBy: text("changed_by").notNull(),
  reason: text("reason"),
});

/** A member who is being erased, or has been: see docs/adr/erasure.md. */
export const erasures = auth.table(
  "erasures",
  {
    id: uuid("id").primaryKey(),
    /** Null once the account itself is gone. */
    memberId: uuid("member_id").unique("erasures_member"),
    /** Of the member's id, as it stands on the tombstones. */
    digest: text("digest").notNull(),
    beganAt: moment("began_at").notNull(),
    attempts: integer("attempts").notNull().default(0),
    /** Taking it moves this on, which is the lease; null once all have answered. */
    nextAttemptAt: moment("next_attempt_at"),
    completedAt: moment("completed_at"),
  },
  (t) => [
    index("erasures_waiting")
      .on(t.nextAttemptAt)
      .where(sql`next_attempt_at IS NOT NULL`),
  ],
);

/** What each service has signed. */
export const erasureReceipts = auth.table(
  "erasure_receipts",
  {
    erasureId: uuid("erasure_id")
      .notNull()
      .references(() => erasures.id),
    service: text("service").notNull(),
    statement: text("statement").notNull(),
    key: text("key").notNull(),
    signature: text("signature").notNull(),
    receivedAt: moment("received_at").notNull(),
  },
  (t) => [primaryKey({ name: "erasure_receipts_pk", columns: [t.erasureId, t.service] })],
);

/** With which key each service signs. The first is believed; who comes with another one is not. */
export const receiptKeys = auth.table("receipt_keys", {
  service: text("service").primaryKey(),
  key: text("key").notNull(),
  firstSeenAt: moment("first_seen_at").notNull(),
});

/** Why a member must not be erased yet. */
export const legalHolds = auth.table(
  "legal_holds",
  {
    id: uuid("id").primaryKey(),
    memberId: uuid("member_id")
      .notNull()
      .references(() => accounts.memberId, { onDelete: "cascade" }),
    reason: text("reason").notNull(),
    /** A member of the staff, or the operator at the command line. */
    placedBy: text("placed_by").notNull(),
    placedAt: moment("placed_at").notNull(),
    liftedAt: moment("lifted_at"),
  },
  (t) => [
    index("legal_holds_of_member")
      .on(t.memberId)
      .where(sql`lifted_at IS NULL`),
  ],
);

const bytes = customType<{ data: Buffer }>({ dataType: () => "bytea" });

/** Everything of a member in one archive: see docs/adr/export.md. */
export const exports = auth.table(
  "exports",
  {
    id: uuid("id").primaryKey(),
    memberId: uuid("member_id")
      .notNull()
      .references(() => accounts.memberId, { onDelete: "cascade" }),
    requestedAt: moment("requested_at").notNull(),
    requestId: text("request_id").notNull(),
    attempts: integer("attempts").notNull().default(0),
    /** Taking it moves this on, which is the lease; null once it is ready, or given up. */
    nextAttemptAt: moment("next_attempt_at"),
    /** Of this archive alone, sealed: without the row its chunks are noise. */
    sealedKey: text("sealed_key").notNull(),
    /** Which try wrote the chunks: one that lost its lease can't mix its own into them. */
    writer: uuid("writer"),
    byteCount: bigint("byte_count", { mode: "number" }),
    readyAt: moment("ready_at"),
    expiresAt: moment("expires_at"),
  },
  (t) => [
    index("exports_of_member").on(t.memberId, t.requestedAt),
    index("exports_waiting")
      .on(t.nextAttemptAt)
      .where(sql`next_attempt_at IS NOT NULL`),
  ],
);

/** The archive, in pieces that fit into memory. */
export const exportChunks = auth.table(
  "export_chunks",
  {
    exportId: uuid("export_id")
      .notNull()
      .references(() => exports.id, { onDelete: "cascade" }),
    writer: uuid("writer").notNull(),
    seq: integer("seq").notNull(),
    sealed: bytes("sealed").notNull(),
  },
  (t) => [primaryKey({ name: "export_chunks_pk", columns: [t.exportId, t.writer, t.seq] })],
);

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
    /** Null if it was an operator at a shell; the audit names them. */
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
});
