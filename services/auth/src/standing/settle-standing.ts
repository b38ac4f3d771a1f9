import type { AccountStatus } from "@kismet/contracts";
import type { StoredAccount } from "../accounts/accounts-repository.ts";
import { changeStatus } from "../accounts/change-status.ts";
import { findAssurance } from "../age/age-repository.ts";
import { isOutstanding } from "../age/decide-age.ts";
import { ruleOf } from "../age/jurisdictions.ts";
import type { accounts } from "../schema.ts";
import type { Tx } from "../storage.ts";
import { decideStanding } from "./decide-standing.ts";
import { findOpenRestriction } from "./standing-repository.ts";

const declared = { state: "declared", provenAge: null, expiresAt: null } as const;

/** Gives a verified, locked account the status that follows from all that is known, and tells the others if it is new. */
export async function settleStanding(
  tx: Tx,
  account: StoredAccount,
  now: Date,
  change: Partial<Pick<typeof accounts.$inferInsert, "erasesAt">> = {},
): Promise<void> {
  const { erasesAt = account.erasesAt } = change;
  const status = await standingOf(tx, { ...account, erasesAt }, now);
  if (status !== account.status) await changeStatus(tx, account, status, now, change);
}

/** The status that a verified account is to have. */
export async function standingOf(
  tx: Tx,
  { memberId, erasesAt, hiddenAt, jurisdiction }: StoredAccount,
  now: Date,
): Promise<Exclude<AccountStatus, "unverified">> {
  const restriction = await findOpenRestriction(tx, memberId);
  const known = (await findAssurance(tx, memberId)) ?? declared;
  const ageUnproven = isOutstanding(known, ruleOf(jurisdiction), now);
  return decideStanding({ erasesAt, hiddenAt, restriction, ageUnproven }, now);
}
