import { Type, type Static } from "typebox";
import { literals, nullable, strict } from "./schema.ts";

/**
 * What WebAuthn's JSON looks like (Web Authentication Level 3, 5.1.8 to 5.1.10): as browsers' `toJSON()` and the
 * passkey libraries of apps make and take it, bounded.
 */
const base64url = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: "^[A-Za-z0-9_-]+$" });

const CredentialId = base64url(1_400);
const Transports = Type.Array(Type.String({ minLength: 1, maxLength: 32 }), { maxItems: 8 });
const Attachment = literals(["platform", "cross-platform"]);
/** We ask for no other, so nothing else comes. */
const ExtensionResults = strict({
  credProps: Type.Optional(strict({ rk: Type.Optional(Type.Boolean()) })),
});

const Descriptor = strict({
  type: Type.Literal("public-key"),
  id: CredentialId,
  transports: Type.Optional(Transports),
});

export const PasskeyCreationOptions = strict({
  rp: strict({ id: Type.String({ maxLength: 253 }), name: Type.String({ maxLength: 64 }) }),
  user: strict({
    id: base64url(86),
    name: Type.String({ maxLength: 254 }),
    displayName: Type.String({ maxLength: 254 }),
  }),
  challenge: base64url(128),
  pubKeyCredParams: Type.Array(strict({ type: Type.Literal("public-key"), alg: Type.Integer() }), {
    maxItems: 8,
  }),
  timeout: Type.Integer({ minimum: 1 }),
  attestation: Type.Literal("none"),
  excludeCredentials: Type.Array(Descriptor, { maxItems: 64 }),
  authenticatorSelection: strict({
    residentKey: Type.Literal("required"),
    requireResidentKey: Type.Boolean(),
    userVerification: Type.Literal("required"),
  }),
  extensions: strict({ credProps: Type.Boolean() }),
});
export type PasskeyCreationOptions = Static<typeof PasskeyCreationOptions>;

export const PasskeyRequestOptions = strict({
  rpId: Type.String({ maxLength: 253 }),
  challenge: base64url(128),
  timeout: Type.Integer({ minimum: 1 }),
  userVerification: Type.Literal("required"),
  allowCredentials: Type.Array(Descriptor, { maxItems: 64 }),
});
export type PasskeyRequestOptions = Static<typeof PasskeyRequestOptions>;

/** A passkey that was just made. */
export const PasskeyAttestation = strict({
  id: CredentialId,
  rawId: CredentialId,
  type: Type.Literal("public-key"),
  authenticatorAttachment: Type.Optional(nullable(Attachment)),
  clientExtensionResults: ExtensionResults,
  response: strict({
    clientDataJSON: base64url(4_096),
    attestationObject: base64url(16_384),
    authenticatorData: Type.Optional(base64url(4_096)),
    publicKey: Type.Optional(base64url(4_096)),
    publicKeyAlgorithm: Type.Optional(Type.Integer()),
    transports: Type.Optional(Transports),
  }),
});
export type PasskeyAttestation = Static<typeof PasskeyAttestation>;

/** A passkey that was used. */
export const PasskeyAssertion = strict({
  id: CredentialId,
  rawId: CredentialId,
  type: Type.Literal("public-key"),
  authenticatorAttachment: Type.Optional(nullable(Attachment)),
  clientExtensionResults: ExtensionResults,
  response: strict({
    clientDataJSON: base64url(4_096),
    authenticatorData: base64url(4_096),
    signature: base64url(2_048),
    userHandle: Type.Optional(nullable(base64url(86))),
  }),
});
export type PasskeyAssertion = Static<typeof PasskeyAssertion>;
