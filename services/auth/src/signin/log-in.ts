import type { SignInAnswer } from "@kismet/contracts";
import { findAccountByEmail, updateAccount } from "../accounts/accounts-repository.ts";
import { normaliseEmail } from "../accounts/normalise-email.ts";
import { CredentialsWrong } from "../sessions/session-errors.ts";
import { completeSignIn } from "./complete-sign-in.ts";
import type { SignInDeps } from "./sign-in-deps.ts";
import type { SignInDevice } from "./sign-in-device.ts";

/** An unverified account may sign in too: it can do nothing that touches others. */
export async function logIn(
  deps: SignInDeps,
  { email, password }: { email: string; password: string },
  device: SignInDevice,
): Promise<SignInAnswer> {
  const { database, hasher } = deps;
  const known = await findAccountByEmail(database.read, normaliseEmail(email));
  // Outside of a transaction: it takes long on purpose.
  if (!(await hasher.verify(known?.passwordHash, password)) || !known) throw new CredentialsWrong();
  const rehashed = hasher.isOutdated(known.passwordHash) ? await hasher.hash(password) : undefined;
  return completeSignIn(deps, {
    memberId: known.memberId,
    method: "password",
    device,
    async confirm(tx, account) {
      // The password may have been changed since it was read: the old one must not open a session after that.
      if (account.passwordHash !== known.passwordHash) throw new CredentialsWrong();
      if (rehashed) await updateAccount(tx, account.memberId, { passwordHash: rehashed });
    },
  });
}
