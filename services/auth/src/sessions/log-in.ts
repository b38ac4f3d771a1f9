import type { Session } from "@kismet/contracts";
import { findAccountByEmail, lockAccount, updateAccount } from "../accounts/accounts-repository.ts";
import { normaliseEmail } from "../accounts/normalise-email.ts";
import { answerOf, openSession } from "./open-session.ts";
import type { SessionDeps } from "./session-deps.ts";
import { CredentialsWrong } from "./session-errors.ts";

type Login = { email: string; password: string; deviceName: string | undefined };

/** An unverified account may sign in too: it can do nothing that touches others. */
export async function logIn(deps: SessionDeps, { email, password, deviceName }: Login): Promise<Session> {
  const { database, clock, hasher, rules } = deps;
  const known = await findAccountByEmail(database.read, normaliseEmail(email));
  // Outside of a transaction: it takes long on purpose.
  if (!(await hasher.verify(known?.passwordHash, password)) || !known) throw new CredentialsWrong();
  const rehashed = hasher.isOutdated(known.passwordHash) ? await hasher.hash(password) : undefined;
  const { session, account } = await database.transaction(async (tx) => {
    const account = await lockAccount(tx, known.memberId);
    // The password may have been changed since it was read: the old one must not open a session after that.
    if (account?.passwordHash !== known.passwordHash) throw new CredentialsWrong();
    if (rehashed) await updateAccount(tx, account.memberId, { passwordHash: rehashed });
    const { memberId } = account;
    return { account, session: await openSession(tx, { memberId, deviceName, now: clock.now(), rules }) };
  });
  return answerOf(deps, session, account);
}
