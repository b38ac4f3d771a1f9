import { recordAudit } from "@kismet/database";
import { lockAccount, type StoredAccount } from "../accounts/accounts-repository.ts";
import type { SignInDeps } from "../signin/sign-in-deps.ts";
import { isBanned } from "../standing/ban-marks.ts";
import type { Tx } from "../storage.ts";
import { activateSignup } from "./activate-signup.ts";
import { countWrongPassword, findSignup, type StoredSignup } from "./signups-repository.ts";

type Proof = {
  signup: StoredSignup;
  password: string;
  /** Whether the code, or the link, is still good: asked once more under the lock. */
  isGood: (signup: StoredSignup) => boolean;
};

/** By who has the code or the link: with the password of the sign-up too, the account becomes what it asked for. */
export async function proveSignup<T>(
  deps: SignInDeps,
  { signup: found, password, isGood }: Proof,
  then: (tx: Tx, account: StoredAccount) => Promise<T>,
): Promise<T | "wrong" | "gone"> {
  const { memberId } = found;
  // Outside of a transaction: it takes long on purpose.
  const isRight = await deps.hasher.verify(found.passwordHash, password);
  return deps.database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    const signup = await findSignup(tx, found.id);
    if (account?.status !== "unverified" || !signup || !isGood(signup)) return "gone";
    if (await isBanned(tx, deps.digests, account.email)) return "gone";
    if (isRight) return then(tx, await activateSignup(tx, deps, { account, signup }));
    await countWrongPassword(tx, signup.id);
    await recordAudit(tx, {
      action: "auth.email.verify",
      outcome: "refused",
      actor: { kind: "stranger" },
      subject: memberId,
    });
    return "wrong";
  });
}
