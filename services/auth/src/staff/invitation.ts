import type { StoredAccount } from "../accounts/accounts-repository.ts";
import type { Digests } from "../secrets/digests.ts";
import { isEqual } from "../secrets/digests.ts";

/** Longer than a reset that somebody has just asked for: nobody waits for an invitation. */
export const invitationSeconds = 3 * 86_400;

type Invited = Pick<StoredAccount, "memberId" | "email" | "createdAt">;

/**
 * By which somebody for whom an account was made sets its first password. Derived, not stored: it ends with the password that
 * is set, whichever way, and with its time.
 */
export function invitationTokenOf(digests: Digests, { memberId, email, createdAt }: Invited): string {
  return `${memberId}.${digests.of("staff invitation", memberId, email, createdAt.toISOString())}`;
}

export function isInvitationOf(digests: Digests, token: string, account: StoredAccount, now: Date): boolean {
  const { passwordHash, roles, createdAt } = account;
  if (passwordHash !== null || roles.length === 0) return false;
  if (now.getTime() - createdAt.getTime() >= invitationSeconds * 1_000) return false;
  return isEqual(token, invitationTokenOf(digests, account));
}
