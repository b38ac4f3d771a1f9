import { randomUUIDv7 } from "node:crypto";
import type { RestrictionReason, StandingChange } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { type Clock, Forbidden, NotFound, normaliseText, readerOf } from "@kismet/service-kit";
import { lockAccount, type StoredAccount } from "../accounts/accounts-repository.ts";
import { pardonAge } from "../age/reset-age.ts";
import type { Letterbox } from "../letters/letterbox.ts";
import { accountRestrictedMail } from "../letters/mails/account-restricted-mail.ts";
import type { Digests } from "../secrets/digests.ts";
import type { AuthDatabase, Tx } from "../storage.ts";
import { banMarkOf } from "./ban-marks.ts";
import { explanationOf } from "./reason-texts.ts";
import { settleStanding } from "./settle-standing.ts";
import { NotRestricted, RestrictionTooLong } from "./standing-errors.ts";
import {
  deleteBanMark,
  endRestriction,
  findOpenRestriction,
  insertBanMark,
  insertRestriction,
  moveOpenAppeal,
  type StoredRestriction,
} from "./standing-repository.ts";

export type StandingDeps = { database: AuthDatabase; clock: Clock; digests: Digests; letterbox: Letterbox };

/** Staff by member id; whoever sits at a shell by none, with the powers of an administrator. */
export type Decider = { memberId: string | null; isAdmin: boolean };

const longestMs = 366 * 86_400_000;

/** Suspends, bans, or lifts what there is; a new restriction takes the place of the one before. */
export async function changeStanding(
  deps: StandingDeps,
  memberId: string,
  change: StandingChange,
  by: Decider,
): Promise<void> {
  await deps.database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    if (!account || account.status === "unverified") throw new NotFound();
    // Who is of the staff is judged by administrators, and nobody by themselves.
    if (account.memberId === by.memberId || (account.roles.length > 0 && !by.isAdmin)) throw new Forbidden();
    await recordAudit(tx, {
      action: `auth.account.${change.action}`,
      subject: memberId,
      details: "reason" in change ? { reason: change.reason } : {},
    });
    if (change.action === "lift") return lift(tx, deps, account);
    const until = change.action === "suspend" ? untilOf(change.until, deps.clock.now()) : null;
    const kind = change.action === "ban" ? "banned" : "suspended";
    await restrict(tx, deps, account, { ...change, kind, until, madeBy: by.memberId });
  });
}

/** Ends a restriction of a locked account, and what it left. */
export async function endStanding(
  tx: Tx,
  { clock, digests }: StandingDeps,
  account: StoredAccount,
  restriction: StoredRestriction,
  ending: NonNullable<StoredRestriction["ending"]>,
): Promise<void> {
  const now = clock.now();
  await endRestriction(tx, restriction.id, { endedAt: now, ending });
  if (restriction.kind === "banned")
    await deleteBanMark(tx, { hash: banMarkOf(digests, account.email), ban: restriction.id });
  // Who says that it was wrong says so of what it came from too.
  if (restriction.reason === "underage") await pardonAge(tx, account.memberId, now);
  await settleStanding(tx, account, now);
}

async function lift(tx: Tx, deps: StandingDeps, account: StoredAccount): Promise<void> {
  const open = await findOpenRestriction(tx, account.memberId);
  if (!open) throw new NotRestricted();
  await endStanding(tx, deps, account, open, "lifted");
}

type Made = {
  kind: "suspended" | "banned";
  reason: RestrictionReason;
  statement?: string | undefined;
  until: Date | null;
  madeBy: string | null;
};

/** Restricts a locked account; gives the restriction's id. */
export async function restrict(
  tx: Tx,
  deps: StandingDeps,
  account: StoredAccount,
  made: Made,
): Promise<string> {
  const { clock, digests, letterbox } = deps;
  const { memberId, email, locale } = account;
  const hash = banMarkOf(digests, email);
  const now = clock.now();
  const open = await findOpenRestriction(tx, memberId);
  if (open) {
    await endRestriction(tx, open.id, { endedAt: now, ending: "replaced" });
    if (open.kind === "banned") await deleteBanMark(tx, { hash, ban: open.id });
  }
  const { kind, reason, until, madeBy } = made;
  const statement = made.statement === undefined ? null : normaliseText(made.statement) || null;
  const ended = { endedAt: null, ending: null };
  const id = randomUUIDv7();
  await insertRestriction(tx, {
    id,
    memberId,
    kind,
    reason,
    statement,
    until,
    madeAt: now,
    madeBy,
    ...ended,
  });
  if (open) await moveOpenAppeal(tx, { from: open.id, to: id });
  if (kind === "banned") await insertBanMark(tx, { hash, ban: id }, now);
  await settleStanding(tx, account, now);
  const explanation = explanationOf(reason, readerOf(locale).language);
  await letterbox.post(tx, { kind: "mail", mail: accountRestrictedMail(account, { explanation }) });
  return id;
}

function untilOf(text: string, now: Date): Date {
  const until = new Date(text);
  const aheadMs = until.getTime() - now.getTime();
  if (!(aheadMs > 0 && aheadMs <= longestMs)) throw new RestrictionTooLong();
  return until;
}
