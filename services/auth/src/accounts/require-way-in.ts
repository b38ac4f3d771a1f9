import { countIdentities } from "../oidc/identities-repository.ts";
import { countPasskeys } from "../passkeys/passkeys-repository.ts";
import type { Reads } from "../storage.ts";
import { LastWayIn } from "./account-errors.ts";
import type { StoredAccount } from "./accounts-repository.ts";

/**
 * Refuses to leave an account without a way in that its owner has at hand. Codes by e-mail don't count: a mailbox is
 * lost, and an address may be one that the provider that is being unlinked had given.
 */
export async function requireWayIn(
  reads: Reads,
  { memberId, passwordHash }: Pick<StoredAccount, "memberId" | "passwordHash">,
): Promise<void> {
  const ways =
    (passwordHash === null ? 0 : 1) +
    (await countPasskeys(reads, memberId)) +
    (await countIdentities(reads, memberId));
  if (ways === 0) throw new LastWayIn();
}
