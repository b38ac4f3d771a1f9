import type { StoredAccount } from "../accounts/accounts-repository.ts";
import { giveStatus } from "../accounts/change-status.ts";
import { deleteSignups } from "../signup/signups-repository.ts";
import { tellEnded } from "../sessions/end-sessions.ts";
import { endAllSessions } from "../sessions/sessions-repository.ts";
import { forgetWhereabouts } from "../signin/devices-repository.ts";
import type { Tx } from "../storage.ts";
import { standingOf } from "./settle-standing.ts";

/**
 * The only way out of `unverified`, under the account's lock: whoever calls it has a proof that the mailbox is the
 * member's. What others did with the address before, who did not have it, ends here.
 */
export async function activateAccount(
  tx: Tx,
  account: StoredAccount,
  now: Date,
  change: Partial<StoredAccount>,
): Promise<StoredAccount> {
  const { memberId } = account;
  if (account.status !== "unverified") throw new Error("an account is verified once");
  await deleteSignups(tx, memberId);
  await forgetWhereabouts(tx, memberId);
  await tellEnded(tx, memberId, await endAllSessions(tx, memberId, now), now);
  const verified = { ...account, ...change };
  const status = await standingOf(tx, verified, now);
  await giveStatus(tx, account, status, now, change);
  return { ...verified, status };
}
