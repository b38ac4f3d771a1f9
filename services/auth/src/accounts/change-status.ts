import { emit } from "@kismet/bus";
import { AccountChanged, type AccountStatus } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { AccountNotActive } from "@kismet/service-kit";
import type { accounts } from "../schema.ts";
import type { Tx } from "../storage.ts";
import { type StoredAccount, updateAccount } from "./accounts-repository.ts";

type Status = Exclude<AccountStatus, "unverified">;
type Change = Partial<typeof accounts.$inferInsert>;

/**
 * Changes a locked account's status, and tells the others. One that nobody has verified has no other status, whatever is
 * asked for it: it could come back from there as if it had been verified. The way out is `activateAccount`.
 */
export async function changeStatus(
  tx: Tx,
  account: StoredAccount,
  status: Status,
  now: Date,
  change: Change = {},
): Promise<void> {
  if (account.status === "unverified") throw new AccountNotActive();
  await giveStatus(tx, account, status, now, change);
}

/** Of any account: for what has looked at its status. */
export async function giveStatus(
  tx: Tx,
  account: StoredAccount,
  status: Status,
  now: Date,
  change: Change,
): Promise<void> {
  const { memberId } = account;
  const version = account.version + 1;
  await updateAccount(tx, memberId, { ...change, status, version });
  await recordAudit(tx, {
    action: "auth.account.status",
    subject: memberId,
    details: { from: account.status, to: status },
  });
  await emit(tx, AccountChanged, {
    aggregateId: memberId,
    payload: { memberId, version, status, changedAt: now.toISOString() },
  });
}
