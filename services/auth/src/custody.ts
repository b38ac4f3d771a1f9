import { declareCustody, untouched } from "@kismet/custody";
import { eq, inArray, sql } from "drizzle-orm";
import * as schema from "./schema.ts";

/** What a line of the audit trail says, waiting or chained. */
const auditColumns = [
  "action",
  "outcome",
  "actorKind",
  "actor",
  "subject",
  "session",
  "network",
  "requestId",
  "details",
  "occurredAt",
] as const;

const { accounts, signups, sessions, passwordResets, devices, places, challenges, totps, recoveryCodes } =
  schema;
const { emailChanges, passkeys, passkeyChallenges, identities, oidcFlows, oidcTickets } = schema;
const { ageAssurances, ageChecks, appeals, restrictions } = schema;
const { erasures, legalHolds, exports, exportChunks } = schema;

const mine = "it is the member";
const secret = "a secret, or made from one: who has the archive must not be able to sign in with it";
const plumbing = "how far something has come";
const others = "of another member, about whom staff who is erased decided";
const reference = "a key between tables";

/** What this service keeps of a member. What refers to the account goes before it. */
export const custody = declareCustody(schema, {
  signups: {
    exported: [],
    withheld: {
      ...{ id: reference, memberId: mine, passwordHash: secret, birthDate: "the account has it" },
      ...{ locale: "the account has it", acceptedTermsVersion: "the account has it", codeHash: secret },
      ...{ triesLeft: plumbing, codesSent: plumbing, codeSentAt: plumbing, createdAt: plumbing },
      ...{ asker: plumbing, othersTriesLeft: plumbing, passwordTriesLeft: plumbing },
      codeLetterId: reference,
      jurisdiction: "the account has it",
    },
    erased: [{ rows: (id) => eq(signups.memberId, id) }],
  },
  sessions: {
    section: { name: "sessions", title: "Where you are signed in", rows: (id) => eq(sessions.memberId, id) },
    exported: [
      "id",
      "deviceName",
      "place",
      "methods",
      "createdAt",
      "rotatedAt",
      "authenticatedAt",
      "endedAt",
    ],
    withheld: {
      memberId: mine,
      seed: secret,
      generation: plumbing,
      expiresAt: plumbing,
      deviceId: reference,
    },
    erased: [{ rows: (id) => eq(sessions.memberId, id) }],
  },
  passwordResets: {
    exported: [],
    withheld: {
      memberId: mine,
      tokenHash: secret,
      letterId: reference,
      familiar: plumbing,
      createdAt: "of a mail, for a day",
    },
    erased: [{ rows: (id) => eq(passwordResets.memberId, id) }],
  },
  devices: {
    section: { name: "devices", title: "Your devices", rows: (id) => eq(devices.memberId, id) },
    exported: ["name", "createdAt", "lastUsedAt"],
    withheld: { id: reference, memberId: mine, tokenHash: secret },
    erased: [{ rows: (id) => eq(devices.memberId, id) }],
  },
  places: {
    section: { name: "places", title: "Where you have signed in", rows: (id) => eq(places.memberId, id) },
    exported: ["kind", "value", "firstSeenAt", "lastSeenAt"],
    withheld: { memberId: mine },
    erased: [{ rows: (id) => eq(places.memberId, id) }],
  },
  challenges: {
    exported: [],
    withheld: {
      ...{ id: reference, purpose: plumbing, memberId: mine, kinds: plumbing, method: plumbing },
      ...{ sessionId: reference, deviceId: reference, deviceName: "the devices have it", familiar: plumbing },
      ...{ codeHash: secret, codeMadeAt: plumbing, codeLetterId: reference, codesSent: plumbing },
      ...{ triesLeft: plumbing, createdAt: plumbing, expiresAt: plumbing, usedAt: plumbing },
    },
    erased: [{ rows: (id) => eq(challenges.memberId, id) }],
  },
  totps: {
    section: { name: "authenticator", title: "Your authenticator", rows: (id) => eq(totps.memberId, id) },
    exported: ["createdAt", "confirmedAt"],
    withheld: { memberId: mine, sealedSecret: secret, lastStep: plumbing },
    erased: [{ rows: (id) => eq(totps.memberId, id) }],
  },
  recoveryCodes: {
    exported: [],
    withheld: { memberId: mine, codeHash: secret, createdAt: plumbing },
    erased: [{ rows: (id) => eq(recoveryCodes.memberId, id) }],
  },
  emailChanges: {
    section: {
      name: "email-changes",
      title: "Changes of your e-mail address",
      rows: (id) => eq(emailChanges.memberId, id),
    },
    exported: ["oldEmail", "newEmail", "requestedAt", "confirmedAt", "closedAt"],
    withheld: {
      ...{ id: reference, memberId: mine, codeHash: secret, linkHash: secret, triesLeft: plumbing },
      ...{ undoHash: secret, sessionId: reference },
    },
    erased: [{ rows: (id) => eq(emailChanges.memberId, id) }],
  },
  passkeys: {
    section: { name: "passkeys", title: "Your passkeys", rows: (id) => eq(passkeys.memberId, id) },
    exported: ["name", "aaguid", "transports", "createdAt", "lastUsedAt", "suspendedAt"],
    withheld: {
      ...{
        id: reference,
        memberId: mine,
        credentialId: "by it an authenticator is recognised",
        counter: plumbing,
      },
      ...{ publicKey: "by it an authenticator is recognised", backupEligible: plumbing, backedUp: plumbing },
    },
    erased: [{ rows: (id) => eq(passkeys.memberId, id) }],
  },
  passkeyChallenges: {
    exported: [],
    withheld: {
      ...{ id: reference, purpose: plumbing, memberId: mine, sessionId: reference, challengeHash: secret },
      expiresAt: plumbing,
    },
    erased: [{ rows: (id) => eq(passkeyChallenges.memberId, id) }],
  },
  oidcFlows: {
    exported: [],
    withheld: {
      ...{
        stateHash: secret,
        provider: plumbing,
        verifierHash: secret,
        memberId: mine,
        sessionId: reference,
      },
      ...{ returnTo: plumbing, givenName: "the identities have it", expiresAt: plumbing },
    },
    erased: [{ rows: (id) => eq(oidcFlows.memberId, id) }],
  },
  oidcTickets: {
    exported: [],
    withheld: {
      ...{ tokenHash: secret, provider: plumbing, subject: "the identities have it", email: plumbing },
      ...{ emailVerified: plumbing, givenName: "the identities have it", birthDate: "the account has it" },
      ...{ locale: "the account has it", acceptedTermsVersion: "the account has it", codeHash: secret },
      ...{ codeSentAt: plumbing, codesSent: plumbing, triesLeft: plumbing, expiresAt: plumbing },
      codeLetterId: reference,
      jurisdiction: "the account has it",
    },
    // They have no member: whose they are is known by the address, or by the provider's name for them.
    erased: [
      {
        rows: (
          id,
        ) => sql`${oidcTickets.email} IN (SELECT ${accounts.email} FROM ${accounts} WHERE ${eq(accounts.memberId, id)})
          OR (${oidcTickets.provider}, ${oidcTickets.subject}) IN (
            SELECT ${identities.provider}, ${identities.subject} FROM ${identities} WHERE ${eq(identities.memberId, id)})`,
      },
    ],
  },
  identities: {
    section: { name: "identities", title: "Who vouches for you", rows: (id) => eq(identities.memberId, id) },
    exported: ["provider", "subject", "email", "givenName", "createdAt", "lastUsedAt"],
    withheld: { id: reference, memberId: mine },
    erased: [{ rows: (id) => eq(identities.memberId, id) }],
  },
  exportChunks: {
    exported: [],
    withheld: { exportId: reference, writer: plumbing, seq: plumbing, sealed: "an archive itself" },
    erased: [
      {
        rows: (id) =>
          inArray(
            exportChunks.exportId,
            sql`(SELECT ${exports.id} FROM ${exports} WHERE ${eq(exports.memberId, id)})`,
          ),
      },
    ],
  },
  exports: {
    section: {
      name: "exports",
      title: "Archives that you asked for",
      rows: (id) => eq(exports.memberId, id),
    },
    exported: ["id", "requestedAt", "readyAt", "expiresAt", "byteCount"],
    withheld: {
      ...{ memberId: mine, requestId: "of a request", attempts: plumbing, nextAttemptAt: plumbing },
      ...{ sealedKey: secret, writer: plumbing },
    },
    erased: [{ rows: (id) => eq(exports.memberId, id) }],
  },
  ageAssurances: {
    section: {
      name: "age",
      title: "How well your age is known",
      rows: (id) => eq(ageAssurances.memberId, id),
    },
    exported: ["state", "method", "provenAge", "provider", "providerRef", "decidedAt", "expiresAt"],
    withheld: { memberId: mine, restrictionId: reference },
    erased: [{ rows: (id) => eq(ageAssurances.memberId, id) }],
  },
  ageChecks: {
    section: { name: "age-checks", title: "Checks of your age", rows: (id) => eq(ageChecks.memberId, id) },
    exported: [
      ...(["id", "method", "minimumAge", "provider", "providerRef", "openedAt", "expiresAt"] as const),
      ...(["closedAt", "outcome", "decidedAt"] as const),
    ],
    withheld: { memberId: mine, sealedRedirect: secret, resultId: plumbing },
    erased: [{ rows: (id) => eq(ageChecks.memberId, id) }],
  },
  appeals: {
    section: { name: "appeals", title: "Your objections", rows: (id) => eq(appeals.memberId, id) },
    exported: ["text", "madeAt", "decidedAt", "outcome", "outcomeReason"],
    withheld: { id: reference, restrictionId: reference, memberId: mine, decidedBy: "names another" },
    erased: [
      { rows: (id) => eq(appeals.memberId, id) },
      // Of staff who leaves: the decision stays with the member whom it was about.
      { rows: (id) => eq(appeals.decidedBy, id), set: ({ pseudonym }) => ({ decidedBy: pseudonym }) },
    ],
    kept: {
      ...{ id: others, restrictionId: others, memberId: others, text: others, madeAt: others },
      ...{ decidedAt: others, outcome: others, outcomeReason: others },
    },
  },
  restrictions: {
    section: {
      name: "restrictions",
      title: "What was decided about your account",
      rows: (id) => eq(restrictions.memberId, id),
    },
    exported: ["kind", "reason", "statement", "until", "madeAt", "endedAt", "ending"],
    withheld: { id: reference, memberId: mine, madeBy: "names another" },
    erased: [
      { rows: (id) => eq(restrictions.memberId, id) },
      { rows: (id) => eq(restrictions.madeBy, id), set: ({ pseudonym }) => ({ madeBy: pseudonym }) },
    ],
    kept: {
      ...{ id: others, memberId: others, kind: others, reason: others, statement: others, until: others },
      ...{ madeAt: others, endedAt: others, ending: others },
    },
  },
  banMarks: untouched("keyed hashes of the mailboxes of banned members, which outlast them", [
    ...(["hash", "createdAt", "bans"] as const),
  ]),
  legalHolds: {
    exported: [],
    withheld: {
      ...{ id: reference, memberId: mine, reason: "telling it could defeat it", placedBy: "names another" },
      ...{ reference: "telling it could defeat it", placedAt: "telling it could defeat it" },
      liftedAt: "telling it could defeat it",
    },
    // All of them are lifted by then: one that is not keeps the member from being erased.
    erased: [{ rows: (id) => eq(legalHolds.memberId, id) }],
  },
  erasures: {
    exported: [],
    withheld: {
      ...{ id: reference, memberId: mine, digest: reference, beganAt: plumbing, attempts: plumbing },
      ...{ nextAttemptAt: plumbing, completedAt: plumbing },
    },
    erased: [{ rows: (id) => eq(erasures.memberId, id), set: () => ({ memberId: null }) }],
    kept: {
      ...{
        id: "names the receipts",
        digest: "a digest of the id, by which the receipts are found for who knows it",
      },
      ...{ beganAt: "the receipts say it too", attempts: plumbing, nextAttemptAt: plumbing },
      completedAt: "the receipts say it too",
    },
  },
  accounts: {
    section: { name: "account", title: "Your account", rows: (id) => eq(accounts.memberId, id) },
    exported: [
      ...(["memberId", "email", "birthDate", "locale", "acceptedTermsVersion", "status", "roles"] as const),
      ...(["jurisdiction", "createdAt", "erasesAt", "hiddenAt"] as const),
    ],
    withheld: { passwordHash: secret, version: "counts changes" },
    erased: [{ rows: (id) => eq(accounts.memberId, id) }],
  },
  letters: untouched("sealed, and gone when it is sent, or once what is in it is good no more", [
    ...(["id", "sealed", "requestId", "createdAt", "nextAttemptAt", "attempts"] as const),
  ]),
  askedMails: untouched("keyed hashes, forgotten after a day", ["letterId", "address", "asker", "sentAt"]),
  auditPending: untouched("sealed within a second, which puts a pseudonym in the place of the member", [
    "id",
    ...auditColumns,
  ]),
  auditTrail: untouched("names members by keyed pseudonyms: docs/adr/audit-chain.md", [
    "seq",
    "digest",
    ...auditColumns,
  ]),
  signingKeys: untouched("keys of the service", ["kid", "sealedPrivateKey", "x", "createdAt"]),
  guesses: untouched("keyed hashes, forgotten a day after the last wrong guess", [
    ...(["key", "failures", "failedAt", "closedUntil"] as const),
  ]),
  clients: untouched("apps and partners, not members", [
    ...(["id", "name", "limitFactor", "version", "createdAt", "revokedAt"] as const),
  ]),
  canaries: untouched("how traffic is split; staff stand in it as who changed it", [
    ...(["service", "weight", "version", "changedAt", "changedBy", "reason"] as const),
  ]),
  clientKeys: untouched("keys of apps and partners", ["id", "clientId", "digest", "createdAt"]),
  erasureReceipts: untouched("what was erased, by table and number: names nobody", [
    ...(["erasureId", "service", "statement", "key", "signature", "receivedAt"] as const),
  ]),
  receiptKeys: untouched("public keys of services", ["service", "key", "firstSeenAt"]),
});
