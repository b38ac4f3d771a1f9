import { recordAudit } from "@kismet/database";
import { type Clock, NotFound } from "@kismet/service-kit";
import { lockAccount, updateAccount } from "../accounts/accounts-repository.ts";
import type { AuthDatabase } from "../storage.ts";
import { settleStanding } from "./settle-standing.ts";

/** Nobody sees a hidden member until they show themselves again. Asked again it changes nothing. */
export async function hideAccount(
  { database, clock }: { database: AuthDatabase; clock: Clock },
  memberId: string,
  isHidden: boolean,
): Promise<void> {
  await database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    if (!account || account.status === "unverified") throw new NotFound();
    if ((account.hiddenAt !== null) === isHidden) return;
    const now = clock.now();
    const hiddenAt = isHidden ? now : null;
    await updateAccount(tx, memberId, { hiddenAt });
    await recordAudit(tx, {
      action: isHidden ? "auth.account.hide" : "auth.account.show",
      subject: memberId,
    });
    await settleStanding(tx, { ...account, hiddenAt }, now);
  });
}
