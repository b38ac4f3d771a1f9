import {
  connectionUrl,
  CustodySettings,
  DatabaseSettings,
  NatsSettings,
  ProcessSettings,
  secret,
} from "@kismet/service-kit";
import { type Static, Type } from "typebox";

export const Config = Type.Object({
  ...ProcessSettings,
  ...DatabaseSettings,
  ...NatsSettings,
  ...CustodySettings,
  smtpUrl: connectionUrl(["smtp:", "smtps:"]),
  /** Of the gateway, as the links in mails name it. */
  publicUrl: Type.String({ pattern: "^https?://[^/\\s]+$", maxLength: 300 }),
  /** From whom the letters are. */
  mailFrom: Type.String({ minLength: 3, maxLength: 254, default: "Kismet <no-reply@kismet.invalid>" }),
  /** Seals signing keys, secrets of authenticators and letters at rest. */
  keyEncryptionSecret: secret(),
  /** Only opens: the next one before it seals, or the last one until all is sealed anew. */
  keyEncryptionSecretAlso: Type.Optional(secret()),
  /** Derives refresh tokens and the hashes of codes. Changing it signs everybody out. */
  hashSecret: secret(),
  /** Chains the audit trail, and makes the pseudonyms in it. To change it: docs/adr/audit-chain.md. */
  auditSecret: secret(),
  /** Those that have sealed rows before it, oldest first: needed as long as these rows are. */
  auditSecretsBefore: Type.Array(secret(), { maxItems: 16, default: [] }),
  /** The one that will seal, on all instances before any has it as its own. */
  auditSecretNext: Type.Optional(secret()),
  minimumAge: Type.Integer({ minimum: 18, maximum: 99, default: 18 }),
  codeSeconds: Type.Integer({ minimum: 1, maximum: 3_600, default: 600 }),
  /** How long ago a member may have proven to be there for what asks for fresh authentication. */
  freshSeconds: Type.Integer({ minimum: 1, maximum: 3_600, default: 600 }),
  /** How many wrong guesses at an account, and from an address, cost no wait. */
  guessesPerAccount: Type.Integer({ minimum: 1, maximum: 100_000, default: 5 }),
  guessesPerAddress: Type.Integer({ minimum: 1, maximum: 100_000, default: 20 }),
  /** How many wrong guesses of passwords, on devices that are not known, are taken from everybody together. */
  guessesPerMinute: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 600 }),
  /** How soon the same address gets another code. */
  codeIntervalMs: Type.Integer({ minimum: 0, maximum: 600_000, default: 30_000 }),
  /** Domain that passkeys are bound to: the one that all origins are in. Changing it makes all passkeys useless. */
  passkeyRpId: Type.String({ minLength: 1, maxLength: 253 }),
  /** Where passkeys may be used: origins of pages, and `android:apk-key-hash:...` of apps. */
  passkeyOrigins: Type.Array(Type.String({ minLength: 1, maxLength: 300 }), { minItems: 1, maxItems: 32 }),
  /** Providers to sign in with: each has all of its settings, or none. */
  googleIssuer: Type.String({ minLength: 1, maxLength: 300, default: "https://accounts.google.com" }),
  googleClientId: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
  googleClientSecret: Type.Optional(secret({ minLength: 24 })),
  appleIssuer: Type.String({ minLength: 1, maxLength: 300, default: "https://appleid.apple.com" }),
  appleClientId: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
  appleTeamId: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
  appleKeyId: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
  /** PKCS #8 PEM of the key that Apple has given. */
  applePrivateKey: Type.Optional(secret({ minLength: 100 })),
  /** One of a laptop's own; refused in production. */
  oidcDevelopmentIssuer: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
  oidcDevelopmentClientId: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
  oidcDevelopmentClientSecret: Type.Optional(secret()),
  /** Pages, and addresses that open an app, to which a browser may return from a provider; the first by default. */
  oidcReturnUrls: Type.Array(Type.String({ pattern: "^[a-z][a-z0-9+.-]*://?[^#\\s]+$", maxLength: 500 }), {
    maxItems: 32,
    default: [],
  }),
  /** Whoever checks ages, or the bridge to them: docs/adr/age-assurance.md. Without one no age can be proven. */
  ageProviderUrl: Type.Optional(Type.String({ pattern: "^https?://[^\\s]+$", maxLength: 2_048 })),
  /** Signs what goes to the provider, or to the sandbox, and what comes from it. */
  ageProviderSecret: Type.Optional(secret()),
  /** The provider for development, where anybody says how old they are. Refused in production. */
  ageSandboxEnabled: Type.Boolean({ default: false }),
  /** How long a member may be away at the provider. */
  ageCheckSeconds: Type.Integer({ minimum: 60, maximum: 86_400, default: 1_800 }),
  ageChecksPerDay: Type.Integer({ minimum: 1, maximum: 100, default: 5 }),
  refreshDays: Type.Integer({ minimum: 1, maximum: 90, default: 30 }),
  sessionDays: Type.Integer({ minimum: 1, maximum: 730, default: 365 }),
  /** How long a refresh whose answer was lost may be repeated. */
  refreshRetrySeconds: Type.Integer({ minimum: 0, maximum: 120, default: 30 }),
  signingKeyDays: Type.Integer({ minimum: 1, maximum: 365, default: 30 }),
  /** How long an old address can undo a change of address. */
  emailUndoHours: Type.Integer({ minimum: 1, maximum: 336, default: 48 }),
  deletionDays: Type.Integer({ minimum: 1, maximum: 90, default: 14 }),
  exportsPerDay: Type.Integer({ minimum: 1, maximum: 100, default: 3 }),
  /** How long an archive can be fetched. */
  exportHours: Type.Integer({ minimum: 1, maximum: 168, default: 48 }),
  /** An erasure that takes longer is told to the operators. */
  erasureOverdueHours: Type.Integer({ minimum: 1, maximum: 720, default: 24 }),
});
export type Config = Static<typeof Config>;
