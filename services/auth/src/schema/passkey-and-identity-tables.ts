import type { OidcProvider } from "@kismet/contracts";
import { bigint, boolean, date, index, smallint, text, unique, uuid } from "drizzle-orm/pg-core";
import { auth, moment } from "./auth-schema.ts";
import { accounts } from "./account-tables.ts";

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
    jurisdiction: text("jurisdiction"),
    codeHash: text("code_hash"),
    /** For which letter the code was made. */
    codeLetterId: uuid("code_letter_id"),
    codeSentAt: moment("code_sent_at"),
    codesSent: smallint("codes_sent").notNull().default(0),
    triesLeft: smallint("tries_left").notNull().default(0),
    expiresAt: moment("expires_at").notNull(),
  },
  (t) => [index("oidc_tickets_age").on(t.expiresAt), index("oidc_tickets_of_address").on(t.email)],
);
