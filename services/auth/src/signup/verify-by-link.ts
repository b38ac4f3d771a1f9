import { findAccount, type StoredAccount } from "../accounts/accounts-repository.ts";
import type { Digests } from "../secrets/digests.ts";
import { isEqual } from "../secrets/digests.ts";
import { idOfToken } from "../secrets/id-of-token.ts";
import type { SignInDeps } from "../signin/sign-in-deps.ts";
import { isLinkAlive } from "./decide-proof.ts";
import { proveSignup } from "./prove-signup.ts";
import { findSignup, type StoredSignup } from "./signups-repository.ts";

/**
 * Derived from the sign-up and its code, and not stored: it lives as long as the code does, and ends with it. The link
 * alone proves that somebody reads the mailbox, and not that they signed up: the owner of an address with which somebody
 * else signed up would verify that person's password by it. So it asks for the password too.
 */
export function verificationTokenOf(
  digests: Digests,
  { id, codeHash }: Pick<StoredSignup, "id" | "codeHash">,
): string {
  return `${id}.${digests.of("verification link", id, codeHash)}`;
}

export async function findSignupOfLink(
  deps: SignInDeps,
  token: string,
): Promise<{ account: StoredAccount; signup: StoredSignup } | undefined> {
  const id = idOfToken(token);
  const signup = id === undefined ? undefined : await findSignup(deps.database.read, id);
  if (!signup || !isGood(deps, token, signup)) return undefined;
  const account = await findAccount(deps.database.read, signup.memberId);
  return account?.status === "unverified" ? { account, signup } : undefined;
}

export async function verifyByLink(
  deps: SignInDeps,
  token: string,
  password: string,
): Promise<"verified" | "wrong" | "gone"> {
  const found = await findSignupOfLink(deps, token);
  if (!found) return "gone";
  const proof = {
    signup: found.signup,
    password,
    isGood: (signup: StoredSignup) => isGood(deps, token, signup),
  };
  return proveSignup(deps, proof, async () => "verified" as const);
}

function isGood({ digests, clock, codeSeconds }: SignInDeps, token: string, signup: StoredSignup): boolean {
  return (
    isLinkAlive(signup, clock.now(), codeSeconds) && isEqual(token, verificationTokenOf(digests, signup))
  );
}
