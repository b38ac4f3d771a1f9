import { randomUUIDv7 } from "node:crypto";
import type { Member, NewPasskey, PasskeyAttestation, PasskeyCreationOptions } from "@kismet/contracts";
import { NotFound, normaliseText } from "@kismet/service-kit";
import { recordAudit } from "@kismet/database";
import { verifyRegistrationResponse } from "@simplewebauthn/server";
import { findAccount, lockAccount } from "../accounts/accounts-repository.ts";
import { passkeyAddedMail } from "../letters/mails/passkey-added-mail.ts";
import { isEqual } from "../secrets/digests.ts";
import { isAskedBy, openPasskeyChallenge } from "./ask-passkey.ts";
import { ceremonyMs, challengeHashOf, type PasskeyDeps, userHandleOf } from "./passkey-deps.ts";
import { PasskeyInvalid, PasskeysExhausted, PasskeyTaken } from "./passkey-errors.ts";
import {
  insertPasskey,
  listPasskeys,
  type StoredPasskey,
  takePasskeyChallenge,
} from "./passkeys-repository.ts";

/** More than anybody has devices. */
const maxPasskeys = 20;
/** EdDSA, ES256, RS256 (RFC 9053): what authenticators have, the better ones first. */
const algorithms = [-8, -7, -257];
const unnamed = "Passkey";

/** What an authenticator needs to make one. It must be found without a name, and know its owner. */
export async function offerPasskey(
  deps: PasskeyDeps,
  { memberId, sessionId }: Member,
): Promise<{ id: string; options: PasskeyCreationOptions }> {
  const { database, relyingParty } = deps;
  const account = await findAccount(database.read, memberId);
  if (!account) throw new NotFound();
  const own = await listPasskeys(database.read, memberId);
  if (own.length >= maxPasskeys) throw new PasskeysExhausted();
  const { id, challenge } = await openPasskeyChallenge(deps, {
    purpose: "registration",
    memberId,
    sessionId,
  });
  const { email } = account;
  return {
    id,
    options: {
      rp: { id: relyingParty.id, name: "Kismet" },
      user: { id: userHandleOf(memberId), name: email, displayName: email },
      challenge,
      pubKeyCredParams: algorithms.map((alg) => ({ type: "public-key", alg })),
      timeout: ceremonyMs,
      // Which model it is, nobody has to prove: it would tell more about members than it would keep out.
      attestation: "none",
      excludeCredentials: own.map(({ credentialId, transports }) => ({
        type: "public-key",
        id: credentialId,
        transports,
      })),
      authenticatorSelection: {
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "required",
      },
      extensions: { credProps: true },
    },
  };
}

export async function addPasskey(
  deps: PasskeyDeps,
  { memberId, sessionId }: Member,
  { id, name, response }: NewPasskey,
): Promise<StoredPasskey> {
  const { database, clock, digests, letterbox } = deps;
  const challenge = await takePasskeyChallenge(database, id, clock.now());
  if (!challenge || !isAskedBy(challenge, { purpose: "registration", memberId, sessionId }))
    throw new PasskeyInvalid();
  const made = await verify(deps, response, (given) =>
    isEqual(challenge.challengeHash, challengeHashOf(digests, challenge.id, given)),
  );
  return database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    if (!account) throw new NotFound();
    if ((await listPasskeys(tx, memberId)).length >= maxPasskeys) throw new PasskeysExhausted();
    const passkey: StoredPasskey = {
      ...made,
      id: randomUUIDv7(),
      memberId,
      name: normaliseText(name) || unnamed,
      createdAt: clock.now(),
      lastUsedAt: null,
      suspendedAt: null,
    };
    if (!(await insertPasskey(tx, passkey))) throw new PasskeyTaken();
    await recordAudit(tx, { action: "auth.factor.add", subject: memberId, details: { factor: "passkey" } });
    await letterbox.post(tx, { kind: "mail", mail: passkeyAddedMail(account, { name: passkey.name }) });
    return passkey;
  });
}

type Made = Pick<
  StoredPasskey,
  "credentialId" | "publicKey" | "counter" | "transports" | "aaguid" | "backupEligible" | "backedUp"
>;

async function verify(
  { relyingParty }: PasskeyDeps,
  { id, rawId, type, clientExtensionResults, response }: PasskeyAttestation,
  expectedChallenge: (challenge: string) => boolean,
): Promise<Made> {
  // It is not kept where it could be found without a name, and would never be offered.
  if (clientExtensionResults.credProps?.rk === false) throw new PasskeyInvalid();
  const { clientDataJSON, attestationObject, transports = [] } = response;
  const { registrationInfo } = await verifyRegistrationResponse({
    response: {
      id,
      rawId,
      type,
      clientExtensionResults: {},
      response: { clientDataJSON, attestationObject },
    },
    expectedChallenge,
    expectedOrigin: relyingParty.origins,
    expectedRPID: relyingParty.id,
    requireUserVerification: true,
    supportedAlgorithmIDs: algorithms,
  }).catch((error: unknown) => {
    throw new PasskeyInvalid(error);
  });
  if (!registrationInfo) throw new PasskeyInvalid();
  const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo;
  return {
    credentialId: credential.id,
    publicKey: Buffer.from(credential.publicKey).toString("base64url"),
    counter: credential.counter,
    transports,
    aaguid,
    backupEligible: credentialDeviceType === "multiDevice",
    backedUp: credentialBackedUp,
  };
}
