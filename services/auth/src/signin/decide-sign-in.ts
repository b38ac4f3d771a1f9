import type { ChallengeKind, FirstProof } from "@kismet/contracts";

export type Familiarity = {
  /** Whether the member has ever signed in anywhere: the first time nothing can be new. */
  hasHistory: boolean;
  deviceKnown: boolean;
  networkKnown: boolean;
  countryKnown: boolean;
};

export type SignInFacts = {
  method: FirstProof;
  hasTotp: boolean;
  recoveryCodesLeft: number;
  familiarity: Familiarity;
};

/**
 * What is asked before a session opens; nothing, if nothing is. A passkey that has verified its user is two factors at
 * once; an e-mailed code and a provider's word prove what an e-mailed code would.
 */
export function decideSignIn(facts: SignInFacts): ChallengeKind[] {
  const { method, hasTotp, recoveryCodesLeft, familiarity } = facts;
  if (method === "passkey") return [];
  if (hasTotp) return recoveryCodesLeft > 0 ? ["totp", "recovery_code"] : ["totp"];
  if (method === "password" && !isFamiliar(familiarity)) return ["email_code"];
  return [];
}

/** A device that nobody has seen counts as known at the member's own network; a known one not in another country. */
export function isFamiliar({ hasHistory, deviceKnown, networkKnown, countryKnown }: Familiarity): boolean {
  return !hasHistory || (countryKnown && (deviceKnown || networkKnown));
}
