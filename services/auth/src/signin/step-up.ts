import type { Challenge, Member, PasskeyAssertion, SignInMethod, StepUpRequest } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { type Clock, NotFound, PublicError, Unauthenticated } from "@kismet/service-kit";
import { findAccount, lockAccount, type StoredAccount } from "../accounts/accounts-repository.ts";
import { CurrentPasswordWrong } from "../password/password-errors.ts";
import { acceptAssertion } from "../passkeys/accept-assertion.ts";
import type { PasskeyDeps } from "../passkeys/passkey-deps.ts";
import { PasskeyRefused } from "../passkeys/passkey-errors.ts";
import { findPasskeyByCredential } from "../passkeys/passkeys-repository.ts";
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

export type StepUpDeps = SignInDeps & PasskeyDeps & { freshSeconds: number };

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
  await recordAudit(tx, { action: "auth.step-up", details: { method } });
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

/** Proves it by what the refusal said to be possible. Says until when that counts. */
export async function stepUp(deps: StepUpDeps, member: Member, request: StepUpRequest): Promise<Date> {
  try {
    return await prove(deps, member, request);
  } catch (error) {
    const details = { method: request.kind };
    if (error instanceof PublicError)
      await recordAudit(deps.database.read, { action: "auth.step-up", outcome: "refused", details });
    throw error;
  }
}

async function prove(deps: StepUpDeps, member: Member, request: StepUpRequest): Promise<Date> {
  if (request.kind === "password") return stepUpByPassword(deps, member, request.password);
  if (request.kind === "email_code") return stepUpByCode(deps, member, request);
  if (request.kind === "passkey") return stepUpByPasskey(deps, member, request);
  const { kind, code } = request;
  const at = { what: kind, memberId: member.memberId, deviceId: member.sessionId } as const;
  const until = await deps.guard.attempt(at, () =>
    freshen(deps, member, kind, (tx, account) => takeSecondFactor(tx, deps, account, kind, code)),
  );
  if (!until) throw new CodeInvalid();
  return until;
}

async function stepUpByPassword(deps: StepUpDeps, member: Member, password: string): Promise<Date> {
  const known = await findAccount(deps.database.read, member.memberId);
  const until = await deps.guard.attempt({ what: "own-password", ...idsOf(member) }, async () => {
    if (!(await deps.hasher.verify(known?.passwordHash, password))) return undefined;
    return freshen(
      deps,
      member,
      "password",
      async (_tx, { passwordHash }) => passwordHash === known?.passwordHash,
    );
  });
  if (!until) throw new CurrentPasswordWrong();
  return until;
}

async function stepUpByCode(
  deps: StepUpDeps,
  member: Member,
  { id, code }: { id: string; code: string },
): Promise<Date> {
  const challenge = await takeTry(deps.database, { id, kind: "email_code" }, deps.clock.now());
  if (challenge?.purpose !== "step-up" || challenge.sessionId !== member.sessionId) throw new ChallengeOver();
  if (!isCodeRight(deps, challenge, code)) throw new CodeInvalid();
  const until = await freshen(deps, member, "email_code", (tx) => closeChallenge(tx, id, deps.clock.now()));
  if (!until) throw new ChallengeOver();
  return until;
}

async function stepUpByPasskey(
  deps: StepUpDeps,
  member: Member,
  answer: { id: string; response: PasskeyAssertion },
): Promise<Date> {
  const { memberId, sessionId } = member;
  const { credentialId } = await acceptAssertion(deps, answer, { purpose: "step-up", memberId, sessionId });
  const until = await freshen(deps, member, "passkey", async (tx) => {
    const passkey = await findPasskeyByCredential(tx, credentialId);
    return passkey !== undefined && passkey.suspendedAt === null;
  });
  if (!until) throw new PasskeyRefused();
  return until;
}

/** Undefined if what was shown is not right. */
async function freshen(
  deps: StepUpDeps,
  member: Member,
  kind: StepUpRequest["kind"],
  isRight: (tx: Tx, account: StoredAccount) => Promise<boolean>,
): Promise<Date | undefined> {
  return deps.database.transaction(async (tx) => {
    const account = await lockAccount(tx, member.memberId);
    if (!account) throw new NotFound();
    await requirePossible(tx, member.memberId, kind);
    return (await isRight(tx, account)) ? markFresh(tx, deps, member, kind) : undefined;
  });
}

const idsOf = ({ memberId, sessionId }: Member) => ({ memberId, sessionId });

async function requirePossible(tx: Tx, memberId: string, kind: SignInMethod): Promise<void> {
  const kinds = possibleProofs(await factorsOf(tx, memberId));
  if (!kinds.includes(kind)) throw new FreshSignInNeeded(kinds);
}
