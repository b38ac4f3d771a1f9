export type VouchedFacts = {
  /** Whose identity it is. */
  owner: string | undefined;
  /** Who began this to add an identity. */
  linking: string | undefined;
  email: string | null;
  emailVerified: boolean;
  /** Whether the address has an account that somebody has verified. */
  hasAccount: boolean;
};

/** `offer-link`: the address has an account, whose owner has to prove to be that before anything is linked. */
export type VouchedDecision =
  "sign-in" | "link" | "linked-already" | "taken" | "offer-link" | "offer-sign-up";

/**
 * What follows from a provider's word for somebody. By the provider's own name for them alone (`sub`): an address changes
 * hands, and one that the provider has not verified proves nothing, and so tells nothing of who has an account either.
 */
export function decideVouched({
  owner,
  linking,
  email,
  emailVerified,
  hasAccount,
}: VouchedFacts): VouchedDecision {
  if (linking !== undefined) {
    if (owner === undefined) return "link";
    return owner === linking ? "linked-already" : "taken";
  }
  if (owner !== undefined) return "sign-in";
  return email !== null && emailVerified && hasAccount ? "offer-link" : "offer-sign-up";
}
