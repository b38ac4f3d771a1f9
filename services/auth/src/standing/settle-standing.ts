import type { StoredAccount } from "../accounts/accounts-repository.ts";
import { changeStatus } from "../accounts/change-status.ts";
import type { accounts } from "../schema.ts";
import type { Tx } from "../storage.ts";
import { decideStanding } from "./decide-standing.ts";
import { findOpenRestriction } from "./standing-repository.ts";

/** Gives a verified, locked account the status that follows from all that is known, and tells the others if it is new. */
export async function settleStanding(
  tx: Tx,
  account: StoredAccount,
  now: Date,
  change: Partial<Pick<typeof accounts.$inferInsert, "erasesAt">> = {},
): Promise<void> {
  const restriction = await findOpenRestriction(tx, account.memberId);
  const { erasesAt = account.erasesAt } = change;
  const status = decideStanding({ erasesAt, hiddenAt: account.hiddenAt, restriction }, now);
  if (status !== account.status) await changeStatus(tx, account, status, now, change);
}
