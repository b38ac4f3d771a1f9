import type { Session } from "@kismet/contracts";
import { lockAccountByEmail } from "../accounts/accounts-repository.ts";
import { changeStatus } from "../accounts/change-status.ts";
import { normaliseEmail } from "../accounts/normalise-email.ts";
import { isEqual } from "../secrets/digests.ts";
import { tellEnded } from "../sessions/end-sessions.ts";
import { answerOf, openSession } from "../sessions/open-session.ts";
import type { SessionDeps } from "../sessions/session-deps.ts";
import { endAllSessions, type StoredSession } from "../sessions/sessions-repository.ts";
import type { Tx } from "../storage.ts";
import { codeHashOf } from "./codes.ts";
import { CodeInvalid } from "./signup-errors.ts";
import { countWrongTry, deleteSignups, listSignups, type StoredSignup } from "./signups-repository.ts";

type Deps = SessionDeps & { codeSeconds: number };

/** With the right code the account becomes what the sign-up with that code asked for, and everybody hears of it. */
export async function verifyEmail(deps: Deps, email: string, code: string): Promise<Session> {
  const session = await deps.database.transaction((tx) => tryCode(tx, deps, normaliseEmail(email), code));
  // Refused after the commit: that it was tried must last.
  if (!session) throw new CodeInvalid();
  return answerOf(deps, session, { status: "active", roles: [] });
}

async function tryCode(tx: Tx, deps: Deps, email: string, code: string): Promise<StoredSession | undefined> {
  const { clock, digests, rules, codeSeconds } = deps;
  const account = await lockAccountByEmail(tx, email);
  if (account?.status !== "unverified") return undefined;
  const { memberId } = account;
  const now = clock.now();
  const isGood = ({ id, codeHash, codeSentAt, triesLeft }: StoredSignup) =>
    triesLeft > 0 &&
    now.getTime() - codeSentAt.getTime() < codeSeconds * 1_000 &&
    isEqual(codeHash, codeHashOf(digests, id, code));
  const signup = (await listSignups(tx, memberId)).find(isGood);
  if (!signup) {
    await countWrongTry(tx, memberId);
    return undefined;
  }
  const { passwordHash, birthDate, locale, acceptedTermsVersion } = signup;
  await deleteSignups(tx, memberId);
  // Whoever signed in before may be somebody else, who signed up with this address.
  await tellEnded(tx, memberId, await endAllSessions(tx, memberId, now), now);
  await changeStatus(tx, account, "active", now, { passwordHash, birthDate, locale, acceptedTermsVersion });
  return openSession(tx, { memberId, now, rules });
}
