import { randomUUIDv7 } from "node:crypto";
import type { AppealDecision } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { NotFound, normaliseText } from "@kismet/service-kit";
import { lockAccount } from "../accounts/accounts-repository.ts";
import { appealOverturnedMail } from "../letters/mails/appeal-overturned-mail.ts";
import { appealUpheldMail } from "../letters/mails/appeal-upheld-mail.ts";
import { mayAppeal } from "./decide-appeal.ts";
import { endStanding, type StandingDeps } from "./restrict-account.ts";
import { AppealDecided, AppealMade, NotRestricted, OwnDecision } from "./standing-errors.ts";
import {
  decideAppealRow,
  findAppeal,
  findAppealOf,
  findOpenRestriction,
  saveAppeal,
} from "./standing-repository.ts";

/** See `mayAppeal` for how often. */
export async function makeAppeal(deps: StandingDeps, memberId: string, text: string): Promise<void> {
  await deps.database.transaction(async (tx) => {
    await lockAccount(tx, memberId);
    const open = await findOpenRestriction(tx, memberId);
    if (!open) throw new NotRestricted();
    const earlier = await findAppealOf(tx, open.id);
    if (!mayAppeal(open, earlier)) throw new AppealMade();
    const { id = randomUUIDv7() } = earlier ?? {};
    const undecided = { decidedAt: null, decidedBy: null, outcome: null, outcomeReason: null };
    const said = { text: normaliseText(text), madeAt: deps.clock.now() };
    await saveAppeal(tx, { id, restrictionId: open.id, memberId, ...said, ...undecided });
    await recordAudit(tx, { action: "auth.appeal.make", subject: memberId });
  });
}

/** Heard by somebody else than who decided, or decided what that took the place of, once; what was wrong ends at once, and the member hears of it either way. */
export async function hearAppeal(
  deps: StandingDeps,
  id: string,
  { outcome, reason }: AppealDecision,
  decidedBy: string,
): Promise<void> {
  const { database, clock, letterbox } = deps;
  const found = await findAppeal(database.read, id);
  if (!found) throw new NotFound();
  await database.transaction(async (tx) => {
    const account = await lockAccount(tx, found.appeal.memberId);
    // Another one may have been faster.
    const heard = await findAppeal(tx, id);
    if (!account || !heard) throw new NotFound();
    const { appeal, restriction, makers } = heard;
    if (appeal.decidedAt || restriction.endedAt) throw new AppealDecided();
    if (makers.includes(decidedBy) || account.memberId === decidedBy) throw new OwnDecision();
    const outcomeReason = normaliseText(reason);
    await decideAppealRow(tx, id, { decidedAt: clock.now(), decidedBy, outcome, outcomeReason });
    await recordAudit(tx, { action: "auth.appeal.decide", subject: account.memberId, details: { outcome } });
    if (outcome === "overturned") await endStanding(tx, deps, account, restriction, "appeal");
    const write = outcome === "upheld" ? appealUpheldMail : appealOverturnedMail;
    const mail = write(account, { reason: outcomeReason });
    await letterbox.post(tx, { kind: "mail", mail });
  });
}
