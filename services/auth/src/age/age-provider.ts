import { AgeCheckMethod, Day, literals, strict, Timestamp, Uuid } from "@kismet/contracts";
import { type Static, Type } from "typebox";

/** What a provider is asked: for a check by a name that says nothing of the member. Nobody's name, address or birth date. */
export const ProviderRequest = strict({
  reference: Uuid,
  method: AgeCheckMethod,
  minimumAge: Type.Integer({ minimum: 1, maximum: 120 }),
  expiresAt: Timestamp,
  locale: Type.String({ maxLength: 35 }),
  /** Where the result goes, signed. */
  resultUrl: Type.String({ maxLength: 2_048 }),
  /** Where the browser goes in the end. */
  returnUrl: Type.String({ maxLength: 2_048 }),
});
export type ProviderRequest = Static<typeof ProviderRequest>;

export const ProviderCheck = strict({
  ref: Type.String({ minLength: 1, maxLength: 128 }),
  redirectUrl: Type.String({ pattern: "^https?://[^\\s]+$", maxLength: 2_048 }),
});
export type ProviderCheck = Static<typeof ProviderCheck>;

const told = { id: Uuid, reference: Uuid, ref: ProviderCheck.properties.ref, decidedAt: Timestamp };

/** What it tells once it knows. The birth date is looked at and let go: docs/adr/age-assurance.md. */
export const ProviderResult = Type.Union([
  strict({
    ...told,
    found: Type.Literal("estimate"),
    years: Type.Number({ minimum: 0, maximum: 150 }),
  }),
  strict({ ...told, found: Type.Literal("document"), birthDate: Day }),
  strict({ ...told, found: literals(["too_young", "inconclusive", "failed"]) }),
]);
export type ProviderResult = Static<typeof ProviderResult>;

/** Signs both ways, by `signBody`. */
export const signatureHeader = "x-age-signature";

/** Somebody who looks at faces and documents, and tells only what was found. */
export type AgeProvider = {
  name: string;
  /** The same reference again gives the same check. Throws AgeProviderUnavailable. */
  createCheck(request: Omit<ProviderRequest, "resultUrl" | "returnUrl">): Promise<ProviderCheck>;
  /** Throws AgeResultRefused unless the provider has signed it, just now. */
  verifyResult(request: { rawBody: Buffer | null; signature: unknown }, now: Date): void;
};
