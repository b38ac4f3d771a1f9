import type { Challenge, Member, SignInMethod, StepUpRequest } from "@kismet/contracts";
import { NotFound, Unauthenticated } from "@kismet/service-kit";
import { findAccount, lockAccount, type StoredAccount } from "../accounts/accounts-repository.ts";
import { CurrentPasswordWrong } from "../password/password-errors.ts";
import { findSession, refreshAuthentication } from "../sessions/sessions-repository.ts";
import { CodeInvalid } from "../signup/signup-errors.ts";
import type { AuthDatabase, Tx } from "../storage.ts";
import { isCodeRight, openChallenge } from "./challenges.ts";
import { closeChallenge, takeTry } from "./challenges-repository.ts";
import { isFresh, possibleProofs } from "./decide-step-up.ts";
import { factorsOf } from "./factors-repository.ts";
import { takeSecondFactor } from "./second-factor.ts";
import type { SignInDeps } from "./sign-in-deps.ts";
import { ChallengeOver, FreshSignInNeeded } from "./sign-in-errors.ts";
import type { Clock } from "@kismet/service-kit";

export type StepUpDeps = SignInDeps & { freshSeconds: number };

/** Behind `policy.stepUp`: docs/adr/step-up.md. */
export function createFreshness(deps: { database: AuthDatabase; clock: Clock; freshSeconds: number }) {
  return async ({ memberId, sessionId }: Member): Promise<void> => {
    const session = await findSession(deps.database.read, sessionId);
    if (session?.memberId !== memberId || session.endedAt) throw new Unauthenticated();
    if (isFresh(session.authenticatedAt, deps.clock.now(), deps.freshSeconds)) return;
    throw new FreshSignInNeeded(possibleProofs(await factorsOf(deps.database.read, memberId)));
  };
}

/** The member of this session was there a moment ago. Under the account's lock. Says until when that counts. */
export async function markFresh(
  tx: Tx,
  { clock, freshSeconds }: { clock: Clock; freshSeconds: number },
  { memberId, sessionId }: Pick<Member, "memberId" | "sessionId">,
  method: SignInMethod,
): Promise<Date> {
  const now = clock.now();
  if (!(await refreshAuthentication(tx, { memberId, id: sessionId, method, now })))
    throw new Unauthenticated();
  return new Date(now.getTime() + freshSeconds * 1_000);
}

/** A code by e-mail, for this session only. */
export async function requestStepUpCode(
  deps: StepUpDeps,
  { memberId, sessionId }: Member,
): Promise<Challenge> {
  return deps.database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    if (!account) throw new NotFound();
    await requirePossible(tx, memberId, "email_code");
    return openChallenge(tx, deps, { purpose: "step-up", account, kinds: ["email_code"], sessionId });
  });
}

export async function stepUp(deps: StepUpDeps, member: Member, request: StepUpRequest): Promise<Date> {
  const { database } = deps;
  const before = await proveOutside(deps, member, request);
  return database.transaction(async (tx) => {
    const account = await lockAccount(tx, member.memberId);
    if (!account) throw new NotFound();
    await requirePossible(tx, member.memberId, request.kind);
    await proveUnderLock(tx, deps, { account, request, before });
    return markFresh(tx, deps, member, request.kind);
  });
}

/** What takes long, or must be counted whatever comes after. */
async function proveOutside(
  deps: StepUpDeps,
  { memberId, sessionId }: Member,
  request: StepUpRequest,
): Promise<StoredAccount | undefined> {
  if (request.kind === "password") {
    const known = await findAccount(deps.database.read, memberId);
    if (!(await deps.hasher.verify(known?.passwordHash, request.password))) throw new CurrentPasswordWrong();
    return known;
  }
  if (request.kind === "email_code") {
    const challenge = await takeTry(deps.database, request.id, deps.clock.now());
    if (challenge?.purpose !== "step-up" || challenge.sessionId !== sessionId) throw new ChallengeOver();
    if (!isCodeRight(deps, challenge, request.code)) throw new CodeInvalid();
  }
  return undefined;
}

async function proveUnderLock(
  tx: Tx,
  deps: StepUpDeps,
  facts: { account: StoredAccount; request: StepUpRequest; before: StoredAccount | undefined },
): Promise<void> {
  const { account, request, before } = facts;
  if (request.kind === "password") {
    if (account.passwordHash !== before?.passwordHash) throw new CurrentPasswordWrong();
  } else if (request.kind === "email_code") {
    if (!(await closeChallenge(tx, request.id, deps.clock.now()))) throw new ChallengeOver();
  } else if (!(await takeSecondFactor(tx, deps, account.memberId, request.kind, request.code))) {
    throw new CodeInvalid();
  }
}

async function requirePossible(tx: Tx, memberId: string, kind: SignInMethod): Promise<void> {
  const kinds = possibleProofs(await factorsOf(tx, memberId));
  if (!kinds.includes(kind)) throw new FreshSignInNeeded(kinds);
}
