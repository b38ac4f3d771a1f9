import type { SignInMethod } from "@kismet/contracts";

/**
 * By what a member may prove to be there once more. With a second factor nothing less will do: a password and a
 * mailbox are what is lost with a telephone that somebody else holds.
 */
export function possibleProofs(has: {
  hasTotp: boolean;
  recoveryCodesLeft: number;
  hasPasskey: boolean;
  hasPassword: boolean;
}): SignInMethod[] {
  // It is two factors at once.
  const passkey: SignInMethod[] = has.hasPasskey ? ["passkey"] : [];
  if (has.hasTotp)
    return [...passkey, "totp", ...(has.recoveryCodesLeft > 0 ? (["recovery_code"] as const) : [])];
  return [...passkey, ...(has.hasPassword ? (["password"] as const) : []), "email_code"];
}

/** A clock that was set back must not make a session fresh for as long as it was set back. */
const skewMs = 60_000;

export function isFresh(authenticatedAt: Date | null, now: Date, freshSeconds: number): boolean {
  if (!authenticatedAt) return false;
  const ageMs = now.getTime() - authenticatedAt.getTime();
  return ageMs >= -skewMs && ageMs < freshSeconds * 1_000;
}
