import type { PasskeyAssertion, SignInAnswer } from "@kismet/contracts";
import { completeSignIn } from "../signin/complete-sign-in.ts";
import type { SignInDeps } from "../signin/sign-in-deps.ts";
import type { SignInDevice } from "../signin/sign-in-device.ts";
import { acceptAssertion } from "./accept-assertion.ts";
import type { PasskeyDeps } from "./passkey-deps.ts";
import { PasskeyRefused } from "./passkey-errors.ts";
import { findPasskeyByCredential } from "./passkeys-repository.ts";

export async function signInWithPasskey(
  deps: SignInDeps & PasskeyDeps,
  answer: { id: string; response: PasskeyAssertion },
  device: SignInDevice,
): Promise<SignInAnswer> {
  const { memberId, credentialId } = await acceptAssertion(deps, answer, { purpose: "sign-in" });
  return completeSignIn(deps, {
    memberId,
    method: "passkey",
    device,
    async confirm(tx) {
      // It may have been removed since it was accepted.
      const passkey = await findPasskeyByCredential(tx, credentialId);
      if (!passkey || passkey.suspendedAt) throw new PasskeyRefused();
    },
  });
}
