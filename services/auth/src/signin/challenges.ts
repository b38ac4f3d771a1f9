import { randomUUIDv7 } from "node:crypto";
import type { Challenge, ChallengeKind, FirstProof } from "@kismet/contracts";
import type { Clock } from "@kismet/service-kit";
import type { StoredAccount } from "../accounts/accounts-repository.ts";
import type { Letterbox } from "../letters/letterbox.ts";
import type { Digests } from "../secrets/digests.ts";
import { isEqual } from "../secrets/digests.ts";
import type { Tx } from "../storage.ts";
import { insertChallenge, type StoredChallenge } from "./challenges-repository.ts";
import { isFamiliar } from "./decide-sign-in.ts";
import type { Whereabouts } from "./known-devices.ts";
import type { SignInDevice } from "./sign-in-device.ts";

/** Never given back: when, would tell whether there is somebody who got another code. */
export const triesPerChallenge = 5;
/** A code may be on its way for some minutes, and be asked for again, before its own time begins. */
const livesOfCode = 2;

export type ChallengeDeps = { clock: Clock; letterbox: Letterbox; codeSeconds: number };

/** Under the account's lock. A code that is asked for is made, and sent, by the postman. */
export async function openChallenge(
  tx: Tx,
  deps: ChallengeDeps,
  asked: {
    purpose: "sign-in" | "step-up";
    account: Pick<StoredAccount, "memberId">;
    kinds: ChallengeKind[];
    method?: FirstProof;
    sessionId?: string;
    device?: SignInDevice;
    whereabouts?: Whereabouts;
  },
): Promise<Challenge> {
  const { purpose, account, kinds, method = null, sessionId = null, device, whereabouts } = asked;
  const id = randomUUIDv7();
  await insertChallenge(tx, {
    ...emptyChallenge(deps, id),
    purpose,
    memberId: account.memberId,
    kinds,
    method,
    sessionId,
    deviceId: whereabouts?.device?.id ?? null,
    deviceName: device?.name ?? null,
    familiar: whereabouts === undefined || isFamiliar(whereabouts.familiarity),
  });
  if (kinds.includes("email_code"))
    await deps.letterbox.post(tx, { kind: "challenge-code", challengeId: id });
  return { challenge: { id, kinds } };
}

export function emptyChallenge(
  { clock, codeSeconds }: Pick<ChallengeDeps, "clock" | "codeSeconds">,
  id: string,
) {
  const now = clock.now();
  return {
    id,
    triesLeft: triesPerChallenge,
    createdAt: now,
    expiresAt: new Date(now.getTime() + codeSeconds * livesOfCode * 1_000),
  };
}

/** With the challenge it belongs to: the same code of another one is another hash. */
export function codeHashOf(digests: Digests, challengeId: string, code: string): string {
  return digests.of("challenge code", challengeId, code);
}

/** Whether the e-mailed code is this one, and still good. */
export function isCodeRight(
  { digests, clock, codeSeconds }: { digests: Digests; clock: Clock; codeSeconds: number },
  { id, codeHash, codeMadeAt }: StoredChallenge,
  code: string,
): boolean {
  // As much is done for a challenge that nobody has, or will ever have, a code of.
  const isRight = isEqual(codeHash ?? "", codeHashOf(digests, id, code));
  return isRight && codeMadeAt !== null && clock.now().getTime() - codeMadeAt.getTime() < codeSeconds * 1_000;
}
