import type { AgeAssurance, AgeCheck } from "@kismet/contracts";
import { NotFound } from "@kismet/service-kit";
import { findAccount } from "../accounts/accounts-repository.ts";
import type { AgeDeps } from "./age-deps.ts";
import {
  findAssurance,
  findLastOver,
  findOpenCheck,
  type StoredCheck,
  wasNearLimit,
} from "./age-repository.ts";
import { decideMethods, declared, isOutstanding } from "./decide-age.ts";
import { ruleOf } from "./jurisdictions.ts";

export async function readAge(deps: AgeDeps, memberId: string): Promise<AgeAssurance> {
  const { database, clock, minimumAge, provider } = deps;
  const account = await findAccount(database.read, memberId);
  if (!account) throw new NotFound();
  const now = clock.now();
  const rule = ruleOf(account.jurisdiction);
  const [stored, open, last, nearLimit] = await Promise.all([
    findAssurance(database.read, memberId),
    findOpenCheck(database.read, memberId),
    findLastOver(database.read, memberId),
    wasNearLimit(database.read, memberId),
  ]);
  const known = { ...declared, provenAge: null, expiresAt: null, ...stored };
  const lastOutcome = last?.outcome ?? null;
  return {
    state: known.state,
    required: rule.requires,
    minimumAge: Math.max(minimumAge, rule.minimumAge),
    jurisdiction: account.jurisdiction,
    outstanding: isOutstanding(known, rule, now),
    expiresAt: known.expiresAt?.toISOString() ?? null,
    methods: provider ? decideMethods(known, { requires: rule.requires, nearLimit }) : [],
    check: openCheckOf(deps, open, now),
    lastOutcome: lastOutcome === "unavailable" ? null : lastOutcome,
  };
}

function openCheckOf({ sealing }: AgeDeps, check: StoredCheck | undefined, now: Date): AgeCheck | null {
  if (!check?.sealedRedirect || check.expiresAt <= now) return null;
  const { id, method, sealedRedirect, expiresAt } = check;
  return { id, method, redirectUrl: sealing.open(sealedRedirect), expiresAt: expiresAt.toISOString() };
}
