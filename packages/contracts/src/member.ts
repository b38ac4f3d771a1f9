import { Type, type Static } from "typebox";
import { literals, strict, Uuid } from "./schema.ts";

/**
 * `hidden` by the member, `suspended` for a time and `banned` by staff, `age_unproven` where the law wants a proof that is
 * not there. Only an `active` one is seen by others, and only an active one's token opens more than what is said to be
 * open to `anyStatus`.
 */
export const accountStatuses = [
  "unverified",
  "age_unproven",
  "active",
  "hidden",
  "suspended",
  "banned",
  "deleting",
] as const;
export const AccountStatus = literals(accountStatuses);
export type AccountStatus = Static<typeof AccountStatus>;

export const Role = literals(["moderator", "support", "admin"]);

/** Who asks, as a verified access token says it. */
export const Member = strict({
  memberId: Uuid,
  sessionId: Uuid,
  status: AccountStatus,
  roles: Type.Array(Role, { maxItems: 3 }),
});
export type Member = Static<typeof Member>;

/** Issuer and audience of every access token. */
export const tokenIssuer = "kismet";
export const tokenAudience = "kismet";

/** How long an access token lives: ten minutes (OWASP ASVS 5.0, V7: short-lived, since it can't be called back). */
export const accessTokenSeconds = 600;

/** A public key by which access tokens are verified (RFC 8037). */
export const Jwk = strict({
  kty: Type.Literal("OKP"),
  crv: Type.Literal("Ed25519"),
  kid: Type.String({ minLength: 1, maxLength: 64 }),
  use: Type.Literal("sig"),
  alg: Type.Literal("EdDSA"),
  x: Type.String({ maxLength: 64 }),
});
export type Jwk = Static<typeof Jwk>;
