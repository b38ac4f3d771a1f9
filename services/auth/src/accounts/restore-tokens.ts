import type { Digests } from "../secrets/digests.ts";
import { isEqual } from "../secrets/digests.ts";
import type { StoredAccount } from "./accounts-repository.ts";

/**
 * Derived, not stored: of this very deletion, which is over once it was taken back, and so good once. Another deletion
 * of the same account has another one.
 */
export function restoreTokenOf(
  digests: Digests,
  { memberId, erasesAt }: { memberId: string; erasesAt: Date },
): string {
  return `${memberId}.${digests.of("restore link", memberId, erasesAt.toISOString())}`;
}

export function isRestoreTokenOf(
  digests: Digests,
  token: string,
  account: StoredAccount,
  now: Date,
): boolean {
  const { memberId, status, erasesAt } = account;
  if (status !== "deleting" || !erasesAt || erasesAt <= now) return false;
  return isEqual(token, restoreTokenOf(digests, { memberId, erasesAt }));
}
