import type { StoredAccount } from "../accounts/accounts-repository.ts";
import { changeStatus } from "../accounts/change-status.ts";
import { tellEnded } from "../sessions/end-sessions.ts";
import { endAllSessions } from "../sessions/sessions-repository.ts";
import { forgetWhereabouts } from "../signin/devices-repository.ts";
import type { SignInDeps } from "../signin/sign-in-deps.ts";
import { standingOf } from "../standing/settle-standing.ts";
import type { Tx } from "../storage.ts";
import { deleteSignups, type StoredSignup } from "./signups-repository.ts";

/** Whether its code, and so its link, is still good. */
export function isAlive({ codeSentAt, triesLeft }: StoredSignup, now: Date, codeSeconds: number): boolean {
  return triesLeft > 0 && now.getTime() - codeSentAt.getTime() < codeSeconds * 1_000;
}

/** Under the account's lock: it becomes what this sign-up asked for, and everybody hears of it. */
export async function activateSignup(
  tx: Tx,
  { clock }: Pick<SignInDeps, "clock">,
  { account, signup }: { account: StoredAccount; signup: StoredSignup },
): Promise<StoredAccount> {
  const { memberId } = account;
  const now = clock.now();
  const { passwordHash, birthDate, locale, acceptedTermsVersion, jurisdiction } = signup;
  const applicant = { passwordHash, birthDate, locale, acceptedTermsVersion, jurisdiction };
  await deleteSignups(tx, memberId);
  // Whoever signed in before may be somebody else, who signed up with this address.
  await forgetWhereabouts(tx, memberId);
  await tellEnded(tx, memberId, await endAllSessions(tx, memberId, now), now);
  const status = await standingOf(tx, { ...account, jurisdiction }, now);
  await changeStatus(tx, account, status, now, applicant);
  return { ...account, ...applicant, status };
}
