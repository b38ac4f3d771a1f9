import type { AgeCheckOutcome } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { ageOf, dayOf } from "@kismet/service-kit";
import { lockAccount, type StoredAccount } from "../accounts/accounts-repository.ts";
import { endStanding, restrict } from "../standing/restrict-account.ts";
import { settleStanding } from "../standing/settle-standing.ts";
import { findOpenRestriction } from "../standing/standing-repository.ts";
import type { Tx } from "../storage.ts";
import type { AgeDeps } from "./age-deps.ts";
import { AgeResultRefused } from "./age-errors.ts";
import type { ProviderResult } from "./age-provider.ts";
import { findAssurance, findCheck, saveAssurance, type StoredCheck, updateCheck } from "./age-repository.ts";
import { decideAge, declared } from "./decide-age.ts";
import { type AgeFinding, decideOutcome } from "./decide-outcome.ts";
import { ruleOf } from "./jurisdictions.ts";

/** Clocks differ. */
const toleranceMs = 300_000;
const dayMs = 86_400_000;

/**
 * Takes a result that the provider has signed: once, however often it comes. One that was found in time counts even if it
 * comes after the check was given up, but never over what was found later.
 */
export async function receiveResult(deps: AgeDeps, result: ProviderResult): Promise<void> {
  const found = await findCheck(deps.database.read, result.reference);
  if (!found || found.providerRef === null || found.providerRef !== result.ref)
    throw new AgeResultRefused("no such check");
  const taken = await deps.database.transaction(async (tx) => {
    const account = await lockAccount(tx, found.memberId);
    const check = await findCheck(tx, found.id);
    if (!account || !check) throw new AgeResultRefused("its member is gone");
    if (check.resultId === result.id) return undefined;
    return take(tx, deps, { account, check, result });
  });
  if (taken) deps.outcomes.inc({ method: found.method, outcome: taken });
}

type Taking = { account: StoredAccount; check: StoredCheck; result: ProviderResult };

async function take(tx: Tx, deps: AgeDeps, { account, check, result }: Taking): Promise<AgeCheckOutcome> {
  const now = deps.clock.now();
  const decidedAt = new Date(result.decidedAt);
  const fault = faultOf(check, decidedAt, now);
  if (fault) throw new AgeResultRefused(fault);
  const rule = ruleOf(account.jurisdiction);
  const { method } = check;
  // Whichever is more: the member may have moved while they were away.
  const minimumAge = Math.max(check.minimumAge, rule.minimumAge);
  const outcome = decideOutcome(findingOf(result, now), { method, minimumAge, margin: rule.estimateMargin });
  if (!outcome) throw new AgeResultRefused("another method");
  const closed = { closedAt: check.closedAt ?? now, outcome, resultId: result.id, decidedAt };
  await updateCheck(tx, check.id, { ...closed, sealedRedirect: null });
  const state =
    outcome === "passed" || outcome === "refused"
      ? await settleAge(tx, deps, { account, check, verdict: { method, outcome, decidedAt }, minimumAge })
      : "unchanged";
  const actor = { kind: "system" } as const;
  const details = { method, outcome, state };
  await recordAudit(tx, { action: "auth.age.result", actor, subject: account.memberId, details });
  return outcome;
}

function faultOf(check: StoredCheck, decidedAt: Date, now: Date): string | undefined {
  if (check.resultId !== null) return "it has a result";
  if (check.outcome === "unavailable") return "it was never opened";
  if (decidedAt.getTime() < check.openedAt.getTime() - toleranceMs) return "found before it was asked for";
  if (decidedAt >= check.expiresAt) return "found after the check was over";
  if (decidedAt.getTime() > now.getTime() + toleranceMs) return "found in the future";
  return undefined;
}

/** All that is made of a birth date, which goes no further. */
function findingOf(result: ProviderResult, now: Date): AgeFinding {
  if (result.found === "document") return { found: "document", years: ageOf(result.birthDate, dayOf(now)) };
  return result.found === "estimate" ? { found: "estimate", years: result.years } : { found: result.found };
}

type Settling = {
  account: StoredAccount;
  check: StoredCheck;
  verdict: Parameters<typeof decideAge>[1];
  minimumAge: number;
};

async function settleAge(
  tx: Tx,
  deps: AgeDeps,
  { account, check, verdict, minimumAge }: Settling,
): Promise<string> {
  const { memberId } = account;
  const stored = await findAssurance(tx, memberId);
  const decision = decideAge(stored ?? declared, verdict);
  if (typeof decision === "string") return decision;
  const isPassed = decision.state !== "refused";
  const { validForDays } = ruleOf(account.jurisdiction);
  const validUntil =
    validForDays === null ? null : new Date(verdict.decidedAt.getTime() + validForDays * dayMs);
  const open = await findOpenRestriction(tx, memberId);
  const isOurs = open !== undefined && open.id === stored?.restrictionId;
  // What staff has decided stands beside it: neither takes the place of the other.
  const restrictionId = isPassed || open ? null : await restrict(tx, deps, account, underage);
  await saveAssurance(tx, {
    memberId,
    ...decision,
    provenAge: isPassed ? minimumAge : null,
    provider: check.provider,
    providerRef: check.providerRef,
    expiresAt: isPassed ? validUntil : null,
    restrictionId: !isPassed && isOurs ? open.id : restrictionId,
  });
  if (isPassed && isOurs) await endStanding(tx, deps, account, open, "lifted");
  else await settleLatest(tx, deps, account);
  return decision.state;
}

const underage = { kind: "suspended", reason: "underage", until: null, madeBy: null } as const;

/** After `restrict` the row is newer than what was locked. */
async function settleLatest(tx: Tx, { clock }: AgeDeps, { memberId }: StoredAccount): Promise<void> {
  const account = await lockAccount(tx, memberId);
  if (account) await settleStanding(tx, account, clock.now());
}
