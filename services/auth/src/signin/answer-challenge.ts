import type { ChallengeAnswer, SignInAnswer } from "@kismet/contracts";
import { lockAccount } from "../accounts/accounts-repository.ts";
import { CodeInvalid } from "../signup/signup-errors.ts";
import type { Tx } from "../storage.ts";
import { isCodeRight } from "./challenges.ts";
import { closeChallenge, type StoredChallenge, takeTry } from "./challenges-repository.ts";
import { admit, type Admitted, answerAdmitted, completeSignIn } from "./complete-sign-in.ts";
import { recallWhereabouts } from "./known-devices.ts";
import { takeSecondFactor } from "./second-factor.ts";
import type { SignInDeps } from "./sign-in-deps.ts";
import type { SignInDevice } from "./sign-in-device.ts";
import { ChallengeOver } from "./sign-in-errors.ts";

/** A wrong code costs one of the challenge's tries; the right one opens the session, once. */
export async function answerChallenge(
  deps: SignInDeps,
  { id, kind, code }: ChallengeAnswer,
  address: string,
): Promise<SignInAnswer> {
  const challenge = await takeTry(deps.database, id, deps.clock.now());
  if (!challenge || challenge.purpose === "step-up" || !challenge.kinds.includes(kind))
    throw new ChallengeOver();
  if (kind === "email_code" && !isCodeRight(deps, challenge, code)) throw new CodeInvalid();
  const device: SignInDevice = {
    name: challenge.deviceName ?? undefined,
    address,
    knownId: challenge.deviceId,
  };
  if (challenge.purpose === "code") return startFrom(deps, challenge, device);
  return answerAdmitted(deps, await finish(deps, challenge, { kind, code }, device));
}

/** The e-mailed code was the first proof: a second may be asked for. */
function startFrom(
  deps: SignInDeps,
  challenge: StoredChallenge,
  device: SignInDevice,
): Promise<SignInAnswer> {
  const { id, memberId } = challenge;
  if (memberId === null) throw new CodeInvalid();
  const confirm = (tx: Tx) => close(deps, tx, id);
  return completeSignIn(deps, { memberId, method: "email_code", device, confirm });
}

async function finish(
  deps: SignInDeps,
  { id, memberId, method }: StoredChallenge,
  { kind, code }: Pick<ChallengeAnswer, "kind" | "code">,
  device: SignInDevice,
): Promise<Admitted> {
  return deps.database.transaction(async (tx) => {
    const account = memberId === null ? undefined : await lockAccount(tx, memberId);
    if (!account || method === null) throw new ChallengeOver();
    if (kind !== "email_code" && !(await takeSecondFactor(tx, deps, account.memberId, kind, code)))
      throw new CodeInvalid();
    await close(deps, tx, id);
    const whereabouts = await recallWhereabouts(tx, deps, account.memberId, device);
    return admit(tx, deps, { account, methods: [method, kind], device, whereabouts });
  });
}

/** Of several right answers at once one is the first. */
async function close({ clock }: SignInDeps, tx: Tx, id: string): Promise<void> {
  if (!(await closeChallenge(tx, id, clock.now()))) throw new ChallengeOver();
}
