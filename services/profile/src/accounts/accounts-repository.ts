import type { AccountStatus } from "@kismet/contracts";
import { lt } from "drizzle-orm";
import { accounts } from "../schema.ts";
import type { Tx } from "../storage.ts";

type Account = { memberId: string; status: AccountStatus; version: number };

/** Does nothing if this version, or a later one, is known. */
export async function saveAccount(tx: Tx, { memberId, status, version }: Account): Promise<void> {
  await tx
    .insert(accounts)
    .values({ memberId, status, version })
    .onConflictDoUpdate({
      target: accounts.memberId,
      set: { status, version },
      setWhere: lt(accounts.version, version),
    });
}

export async function forgetAccounts(tx: Tx): Promise<void> {
  await tx.delete(accounts);
}
