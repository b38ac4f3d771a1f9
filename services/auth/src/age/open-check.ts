import { randomUUIDv7 } from "node:crypto";
import type { AgeCheck, AgeCheckMethod } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { AccountNotActive, NotFound } from "@kismet/service-kit";
import { lockAccount, type StoredAccount } from "../accounts/accounts-repository.ts";
import type { Tx } from "../storage.ts";
import type { AgeDeps } from "./age-deps.ts";
import {
  AgeCheckOpen,
  AgeChecksSpent,
  AgeMethodRefused,
  AgeProviderNotConfigured,
  AgeProviderUnavailable,
} from "./age-errors.ts";
import {
  findAssurance,
  findCheck,
  findOpenCheck,
  insertCheck,
  listStartsSince,
  updateCheck,
  wasNearLimit,
} from "./age-repository.ts";
import { decideMethods, declared } from "./decide-age.ts";
import { ruleOf } from "./jurisdictions.ts";

const dayMs = 86_400_000;
/** Longer than a provider is waited for: who was to open the check has died over it. */
const openingMs = 10_000;

type Begun = { id: string; expiresAt: Date; minimumAge: number; locale: string };

/** Sends a member to the provider. No transaction is open while that is asked; what fails there costs none of the tries. */
export async function openCheck(deps: AgeDeps, memberId: string, method: AgeCheckMethod): Promise<AgeCheck> {
  const { database, provider, sealing } = deps;
  if (!provider) throw new AgeProviderNotConfigured();
  const { id, expiresAt, minimumAge, locale } = await database.transaction((tx) =>
    begin(tx, deps, { memberId, method, provider: provider.name }),
  );
  const opened = await provider
    .createCheck({ reference: id, method, minimumAge, expiresAt: expiresAt.toISOString(), locale })
    .catch(async (error: unknown) => {
      await database.transaction((tx) => closeUnavailable(tx, deps, memberId, id));
      throw error;
    });
  await database.transaction(async (tx) => {
    await lockAccount(tx, memberId);
    // Taken for dead meanwhile, and another one begun.
    if ((await findCheck(tx, id))?.closedAt !== null) throw new AgeProviderUnavailable();
    await updateCheck(tx, id, {
      providerRef: opened.ref,
      sealedRedirect: sealing.seal(opened.redirectUrl),
    });
  });
  return { id, method, redirectUrl: opened.redirectUrl, expiresAt: expiresAt.toISOString() };
}

async function begin(
  tx: Tx,
  deps: AgeDeps,
  { memberId, method, provider }: { memberId: string; method: AgeCheckMethod; provider: string },
): Promise<Begun> {
  const account = await lockAccount(tx, memberId);
  if (!account) throw new NotFound();
  // Whose account it is has to be known first.
  if (account.status === "unverified" || account.status === "deleting") throw new AccountNotActive();
  const now = deps.clock.now();
  await makeRoom(tx, memberId, now);
  await checkMethod(tx, account, method);
  await checkTries(tx, deps, memberId, now);
  const id = randomUUIDv7();
  const minimumAge = Math.max(deps.minimumAge, ruleOf(account.jurisdiction).minimumAge);
  const expiresAt = new Date(now.getTime() + deps.ageCheckSeconds * 1_000);
  await insertCheck(tx, { id, memberId, method, minimumAge, provider, openedAt: now, expiresAt });
  await recordAudit(tx, { action: "auth.age.check", subject: memberId, details: { method } });
  return { id, expiresAt, minimumAge, locale: account.locale };
}

/** Under the account's lock: of several at once one begins. */
async function makeRoom(tx: Tx, memberId: string, now: Date): Promise<void> {
  const open = await findOpenCheck(tx, memberId);
  if (!open) return;
  const isOver = open.expiresAt <= now;
  const isDead = open.providerRef === null && now.getTime() - open.openedAt.getTime() > openingMs;
  if (!isOver && !isDead) throw new AgeCheckOpen();
  const outcome = open.providerRef === null ? "unavailable" : "expired";
  await updateCheck(tx, open.id, { closedAt: now, outcome, sealedRedirect: null });
}

async function checkMethod(tx: Tx, { memberId, jurisdiction }: StoredAccount, method: AgeCheckMethod) {
  const facts = (await findAssurance(tx, memberId)) ?? declared;
  const { requires } = ruleOf(jurisdiction);
  const methods = decideMethods(facts, { requires, nearLimit: await wasNearLimit(tx, memberId) });
  if (!methods.includes(method)) throw new AgeMethodRefused();
}

async function checkTries(
  tx: Tx,
  { ageChecksPerDay: perDay }: AgeDeps,
  memberId: string,
  now: Date,
): Promise<void> {
  const starts = await listStartsSince(tx, memberId, new Date(now.getTime() - dayMs), perDay);
  const [first] = starts;
  if (!first || starts.length < perDay) return;
  const againMs = first.getTime() + dayMs - now.getTime();
  throw new AgeChecksSpent(perDay, Math.max(1, Math.ceil(againMs / 1_000)));
}

async function closeUnavailable(tx: Tx, { clock }: AgeDeps, memberId: string, id: string): Promise<void> {
  await lockAccount(tx, memberId);
  if ((await findCheck(tx, id))?.closedAt === null)
    await updateCheck(tx, id, { closedAt: clock.now(), outcome: "unavailable" });
}
