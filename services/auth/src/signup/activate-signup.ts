import type { StoredAccount } from "../accounts/accounts-repository.ts";
import type { SignInDeps } from "../signin/sign-in-deps.ts";
import { activateAccount } from "../standing/activate-account.ts";
import type { Tx } from "../storage.ts";
import type { StoredSignup } from "./signups-repository.ts";

/** Under the account's lock: it becomes what this sign-up asked for, and everybody hears of it. */
export async function activateSignup(
  tx: Tx,
  { clock }: Pick<SignInDeps, "clock">,
  { account, signup }: { account: StoredAccount; signup: StoredSignup },
): Promise<StoredAccount> {
  const { passwordHash, birthDate, locale, acceptedTermsVersion, jurisdiction } = signup;
  const applicant = { passwordHash, birthDate, locale, acceptedTermsVersion, jurisdiction };
  return activateAccount(tx, account, clock.now(), applicant);
}
