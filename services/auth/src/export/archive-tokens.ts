import type { StoredAccount } from "../accounts/accounts-repository.ts";
import type { Digests } from "../secrets/digests.ts";
import type { ReadyArchive } from "./status-of-export.ts";

/**
 * Derived, not stored: of this archive, until it expires, for the mailbox to which its mail went. A mailbox that the account
 * has left may be somebody else's by now.
 */
export function archiveTokenOf(
  digests: Digests,
  { id, expiresAt }: Pick<ReadyArchive, "id" | "expiresAt">,
  { email }: Pick<StoredAccount, "email">,
): string {
  return `${id}.${digests.of("archive link", id, expiresAt.toISOString(), email)}`;
}
