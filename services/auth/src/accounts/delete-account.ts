import { type Clock, NotFound } from "@kismet/service-kit";
import { ErasureBegun } from "../erasure/erasure-errors.ts";
import { findErasure } from "../erasure/erasures-repository.ts";
import type { Letterbox } from "../letters/letterbox.ts";
import type { MailLinks } from "../letters/mail-links.ts";
import { accountDeletionMail } from "../letters/mails/account-deletion-mail.ts";
import type { Digests } from "../secrets/digests.ts";
import type { AuthDatabase } from "../storage.ts";
import { lockAccount, type StoredAccount } from "./accounts-repository.ts";
import { settleStanding } from "../standing/settle-standing.ts";
import { changeStatus } from "./change-status.ts";
import { restoreTokenOf } from "./restore-tokens.ts";

type Deps = { database: AuthDatabase; clock: Clock };
export type DeletionDeps = Deps & {
  deletionDays: number;
  digests: Digests;
  letterbox: Letterbox;
  links: MailLinks;
};

/** Hides the member everywhere at once. Asked again it answers the same. */
export async function deleteAccount(deps: DeletionDeps, memberId: string): Promise<Date> {
  const { database, clock, deletionDays, digests, letterbox, links } = deps;
  return database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    if (!account) throw new NotFound();
    if (account.erasesAt) return account.erasesAt;
    const now = clock.now();
    const erasesAt = new Date(now.getTime() + deletionDays * 86_400_000);
    await changeStatus(tx, account, "deleting", now, { erasesAt });
    const url = links("restore", restoreTokenOf(digests, { memberId, erasesAt }), account.locale);
    await letterbox.post(tx, { kind: "mail", mail: accountDeletionMail(account, { url, erasesAt }) });
    return erasesAt;
  });
}

/** Everything is as it was before. Whether there was a deletion to take back, and the one that is meant. */
export async function restoreAccount(
  { database, clock }: Deps,
  memberId: string,
  isMeant: (account: StoredAccount) => boolean = () => true,
): Promise<boolean> {
  return database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    if (account?.status !== "deleting" || !isMeant(account)) return false;
    if (await findErasure(tx, memberId)) throw new ErasureBegun();
    // A restriction outlasts a deletion that was taken back.
    await settleStanding(tx, account, clock.now(), { erasesAt: null });
    return true;
  });
}
