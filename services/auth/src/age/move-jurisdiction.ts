import type { AgeChange } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { AccountNotActive, ageOf, type Clock, dayOf, Forbidden, NotFound } from "@kismet/service-kit";
import { lockAccount, type StoredAccount, updateAccount } from "../accounts/accounts-repository.ts";
import { TooYoung } from "../signup/signup-errors.ts";
import { settleStanding } from "../standing/settle-standing.ts";
import type { AuthDatabase, Tx } from "../storage.ts";
import { JurisdictionLaxer } from "./age-errors.ts";
import { findAssurance, saveAssurance } from "./age-repository.ts";
import { isAsStrict } from "./decide-age.ts";
import { ruleOf } from "./jurisdictions.ts";
import { resetAge } from "./reset-age.ts";

type Deps = { database: AuthDatabase; clock: Clock };
const dayMs = 86_400_000;

/** By the member: what is stricter counts at once, and what is laxer is for support, or saying so would undo the law. */
export async function declareJurisdiction(
  { database, clock }: Deps,
  memberId: string,
  jurisdiction: string,
): Promise<void> {
  await database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    if (!account) throw new NotFound();
    if (account.status === "unverified") throw new AccountNotActive();
    if (account.jurisdiction === jurisdiction) return;
    const rule = ruleOf(jurisdiction);
    if (!isAsStrict(rule, ruleOf(account.jurisdiction))) throw new JurisdictionLaxer();
    const now = clock.now();
    if (ageOf(account.birthDate, dayOf(now)) < rule.minimumAge) throw new TooYoung(rule.minimumAge);
    await move(tx, account, jurisdiction, now);
  });
}

/** By support, who knows better where somebody lives, or that a refusal was wrong. Nobody does it to themselves. */
export async function changeAge(
  { database, clock }: Deps,
  memberId: string,
  change: AgeChange,
  by: string,
): Promise<void> {
  await database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    if (!account || account.status === "unverified") throw new NotFound();
    if (memberId === by) throw new Forbidden();
    const now = clock.now();
    if (change.action === "move") return move(tx, account, change.jurisdiction, now);
    await recordAudit(tx, { action: "auth.age.reset", subject: memberId });
    await resetAge(tx, memberId, now);
    await settleStanding(tx, account, now);
  });
}

async function move(tx: Tx, account: StoredAccount, jurisdiction: string, now: Date): Promise<void> {
  const { memberId } = account;
  await updateAccount(tx, memberId, { jurisdiction });
  await recordAudit(tx, {
    action: "auth.age.jurisdiction",
    subject: memberId,
    details: { from: account.jurisdiction, to: jurisdiction },
  });
  await shortenProof(tx, memberId, jurisdiction);
  await settleStanding(tx, { ...account, jurisdiction }, now);
}

/** A proof is good as long as the new place says, and never longer than it was. */
async function shortenProof(tx: Tx, memberId: string, jurisdiction: string): Promise<void> {
  const { validForDays } = ruleOf(jurisdiction);
  const stored = await findAssurance(tx, memberId);
  if (validForDays === null || !stored?.decidedAt || stored.provenAge === null) return;
  const ends = new Date(stored.decidedAt.getTime() + validForDays * dayMs);
  if (!stored.expiresAt || ends < stored.expiresAt) await saveAssurance(tx, { ...stored, expiresAt: ends });
}
