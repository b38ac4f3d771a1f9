import type { PasskeyAssertion, SignInAnswer } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
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
  const { database } = deps;
  const accepted = await acceptAssertion(deps, answer, { purpose: "sign-in" }).catch(
    async (error: unknown) => {
      if (error instanceof PasskeyRefused) {
        const known = await findPasskeyByCredential(database.read, answer.response.id);
        await recordAudit(database.read, {
          action: "auth.sign-in",
          outcome: "refused",
          actor: { kind: "stranger" },
          subject: known?.memberId,
          details: { method: "passkey" },
        });
      }
      throw error;
    },
  );
  const { memberId, credentialId } = accepted;
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
