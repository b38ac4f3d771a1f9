import { type Clock, NotFound } from "@kismet/service-kit";
import type { AuthDatabase } from "../storage.ts";
import { NotDeleting } from "./account-errors.ts";
import { lockAccount } from "./accounts-repository.ts";
import { changeStatus } from "./change-status.ts";

type Deps = { database: AuthDatabase; clock: Clock };

/** Hides the member everywhere at once. Asked again it answers the same. */
export async function deleteAccount(
  { database, clock, deletionDays }: Deps & { deletionDays: number },
  memberId: string,
): Promise<Date> {
  return database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    if (!account) throw new NotFound();
    if (account.erasesAt) return account.erasesAt;
    const now = clock.now();
    const erasesAt = new Date(now.getTime() + deletionDays * 86_400_000);
    await changeStatus(tx, account, "deleting", now, { erasesAt });
    return erasesAt;
  });
}

/** Everything is as it was before. */
export async function restoreAccount({ database, clock }: Deps, memberId: string): Promise<void> {
  await database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    if (account?.status !== "deleting") throw new NotDeleting();
    await changeStatus(tx, account, "active", clock.now(), { erasesAt: null });
  });
}
