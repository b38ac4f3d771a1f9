import { Type, type Static } from "typebox";
import { literals, nullable, strict, Timestamp, Uuid } from "./schema.ts";

/** A country (ISO 3166-1 alpha-2) or a part of one with laws of its own (ISO 3166-2): `GB`, `US-TX`. */
export const Jurisdiction = Type.String({ pattern: "^[A-Z]{2}(-[A-Z0-9]{1,3})?$", maxLength: 6 });

/** How well a member's age is known: as they say; estimated from a face; verified by a document; too young; no longer. */
export const AgeState = literals(["declared", "estimated", "verified", "refused", "expired"]);
export type AgeState = Static<typeof AgeState>;

/** What a jurisdiction asks for at least. */
export const AgeRequirement = literals(["declared", "estimated", "verified"]);
export type AgeRequirement = Static<typeof AgeRequirement>;

export const AgeCheckMethod = literals(["estimation", "document"]);
export type AgeCheckMethod = Static<typeof AgeCheckMethod>;

/**
 * What became of a check. `near_limit`: an estimate too near to the limit to count, so a document is asked for;
 * `inconclusive` and `failed` change nothing, and may be tried again; `expired`: no result came in time.
 */
export const AgeCheckOutcome = literals([
  "passed",
  "refused",
  "near_limit",
  "inconclusive",
  "failed",
  "expired",
]);
export type AgeCheckOutcome = Static<typeof AgeCheckOutcome>;

export const AgeCheckRequest = strict({ method: AgeCheckMethod });

/** A check that waits for its member, at the provider's page. */
export const AgeCheck = strict({
  id: Uuid,
  method: AgeCheckMethod,
  redirectUrl: Type.String({ maxLength: 2_048 }),
  expiresAt: Timestamp,
});
export type AgeCheck = Static<typeof AgeCheck>;

export const AgeAssurance = strict({
  state: AgeState,
  required: AgeRequirement,
  minimumAge: Type.Integer({ minimum: 18, maximum: 99 }),
  /** As the member has declared it; null where they have not. */
  jurisdiction: nullable(Jurisdiction),
  /** Whether a proof is missing, without which nothing that touches others is open. */
  outstanding: Type.Boolean(),
  /** When the proof ends; null where it does not, or where there is none. */
  expiresAt: nullable(Timestamp),
  /** By what it can be proven now. */
  methods: Type.Array(AgeCheckMethod, { maxItems: 2 }),
  check: nullable(AgeCheck),
  /** Of the last check that is over. */
  lastOutcome: nullable(AgeCheckOutcome),
});
export type AgeAssurance = Static<typeof AgeAssurance>;

export const JurisdictionRequest = strict({ jurisdiction: Jurisdiction });

/** By support: to where the member really lives, or back to the beginning after a mistake. */
export const AgeChange = Type.Union([
  strict({ action: Type.Literal("move"), jurisdiction: Jurisdiction }),
  strict({ action: Type.Literal("reset") }),
]);
export type AgeChange = Static<typeof AgeChange>;
