import type { PasskeyAssertion } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { verifyAuthenticationResponse } from "@simplewebauthn/server";
import { lockAccount } from "../accounts/accounts-repository.ts";
import { passkeySuspendedMail } from "../letters/mails/passkey-suspended-mail.ts";
import { isEqual } from "../secrets/digests.ts";
import type { Tx } from "../storage.ts";
import { type Asker, isAskedBy } from "./ask-passkey.ts";
import { decideCounter } from "./decide-counter.ts";
import { challengeHashOf, type PasskeyDeps, userHandleOf } from "./passkey-deps.ts";
import { PasskeyRefused } from "./passkey-errors.ts";
import {
  findPasskeyByCredential,
  type StoredPasskey,
  takePasskeyChallenge,
  updatePasskey,
} from "./passkeys-repository.ts";

type Use = { counter: number; backedUp: boolean };

/**
 * Checks what an authenticator signed, and writes down that it was used. The challenge is gone whatever comes of it, so
 * that no assertion is good twice; that a counter went back is committed before the refusal is answered.
 */
export async function acceptAssertion(
  deps: PasskeyDeps,
  { id, response }: { id: string; response: PasskeyAssertion },
  asker: Asker,
): Promise<StoredPasskey> {
  const { database, clock, digests } = deps;
  const challenge = await takePasskeyChallenge(database, id, clock.now());
  if (!challenge || !isAskedBy(challenge, asker)) throw new PasskeyRefused();
  const known = await findPasskeyByCredential(database.read, response.id);
  // Not worth a look at the signature; whether it is suspended is asked again under the lock.
  if (!known || known.suspendedAt) throw new PasskeyRefused();
  if (asker.purpose !== "sign-in" && known.memberId !== asker.memberId) throw new PasskeyRefused();
  const { userHandle } = response.response;
  // Who signs in without a name has to be named by the authenticator, and as the one whose key it is.
  if ((asker.purpose === "sign-in" || userHandle != null) && userHandle !== userHandleOf(known.memberId))
    throw new PasskeyRefused();
  const use = await verify(deps, known, response, (given) =>
    isEqual(challenge.challengeHash, challengeHashOf(digests, challenge.id, given)),
  );
  const passkey = await database.transaction((tx) => recordUse(tx, deps, known, use));
  if (!passkey || passkey.suspendedAt) throw new PasskeyRefused();
  return passkey;
}

async function verify(
  { relyingParty }: PasskeyDeps,
  { credentialId, publicKey }: StoredPasskey,
  { id, rawId, type, response }: PasskeyAssertion,
  expectedChallenge: (challenge: string) => boolean,
): Promise<Use> {
  const { clientDataJSON, authenticatorData, signature } = response;
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: {
      id,
      rawId,
      type,
      clientExtensionResults: {},
      response: { clientDataJSON, authenticatorData, signature },
    },
    expectedChallenge,
    expectedOrigin: relyingParty.origins,
    expectedRPID: relyingParty.id,
    // The counter is judged here, once the signature is known to be good: else anybody could have a passkey suspended.
    credential: {
      id: credentialId,
      publicKey: new Uint8Array(Buffer.from(publicKey, "base64url")),
      counter: -1,
    },
    requireUserVerification: true,
  }).catch((error: unknown) => {
    throw new PasskeyRefused(error);
  });
  if (!verified) throw new PasskeyRefused();
  return { counter: authenticationInfo.newCounter, backedUp: authenticationInfo.credentialBackedUp };
}

/** Under the account's lock: of two assertions with the same counter one is second. */
async function recordUse(
  tx: Tx,
  { clock, letterbox }: PasskeyDeps,
  { memberId, credentialId }: StoredPasskey,
  { counter, backedUp }: Use,
): Promise<StoredPasskey | undefined> {
  const account = await lockAccount(tx, memberId);
  const passkey = await findPasskeyByCredential(tx, credentialId);
  if (!account || passkey?.memberId !== memberId || passkey.suspendedAt) return undefined;
  const now = clock.now();
  const stored = passkey.counter;
  if (decideCounter(stored, counter) === "ok")
    return updatePasskey(tx, passkey, { counter, backedUp, lastUsedAt: now });
  await recordAudit(tx, {
    action: "auth.factor.suspend",
    subject: memberId,
    details: { factor: "passkey", stored, presented: counter },
  });
  await letterbox.post(tx, { kind: "mail", mail: passkeySuspendedMail(account, { name: passkey.name }) });
  return updatePasskey(tx, passkey, { suspendedAt: now });
}
