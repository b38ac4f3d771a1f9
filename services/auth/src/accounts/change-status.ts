import { emit } from "@kismet/bus";
import { AccountChanged, type AccountStatus } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import type { accounts } from "../schema.ts";
import type { Tx } from "../storage.ts";
import { type StoredAccount, updateAccount } from "./accounts-repository.ts";

/** Changes a locked account's status, and tells the others. */
export async function changeStatus(
  tx: Tx,
  account: StoredAccount,
  status: Exclude<AccountStatus, "unverified">,
  now: Date,
  change: Partial<typeof accounts.$inferInsert> = {},
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
