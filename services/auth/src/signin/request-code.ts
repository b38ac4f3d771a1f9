import { randomUUIDv7 } from "node:crypto";
import type { Challenge } from "@kismet/contracts";
import { normaliseEmail } from "../accounts/normalise-email.ts";
import { emptyChallenge } from "./challenges.ts";
import { insertChallenge } from "./challenges-repository.ts";
import { deviceOfToken } from "./known-devices.ts";
import type { SignInDeps } from "./sign-in-deps.ts";
import type { SignInDevice } from "./sign-in-device.ts";

/**
 * A code by e-mail instead of a password. Does the same for every address; whose it is, the postman finds out. The
 * challenge belongs to who asked: nobody else can use up its tries.
 */
export async function requestCode(deps: SignInDeps, email: string, device: SignInDevice): Promise<Challenge> {
  const { database, digests, letterbox, atlas } = deps;
  const id = randomUUIDv7();
  const { network } = atlas.placeOf(device.address);
  await database.transaction(async (tx) => {
    const known = await deviceOfToken(tx, digests, device.token);
    await insertChallenge(tx, {
      ...emptyChallenge(deps, id),
      purpose: "code",
      kinds: ["email_code"],
      deviceId: known?.id ?? null,
      deviceName: device.name ?? null,
      familiar: false,
    });
    const letter = {
      kind: "challenge-code",
      challengeId: id,
      email: normaliseEmail(email),
      network,
    } as const;
    await letterbox.post(tx, letter);
  });
  return { challenge: { id, kinds: ["email_code"] } };
}

/** Another code for the same challenge, if it may have one; the postman knows. */
export async function requestAnotherCode(
  { database, letterbox }: SignInDeps,
  challengeId: string,
): Promise<void> {
  await database.transaction((tx) => letterbox.post(tx, { kind: "challenge-code", challengeId }));
}
