import type { ChallengeAnswer, SignInAnswer } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { lockAccount } from "../accounts/accounts-repository.ts";
import { CodeInvalid } from "../signup/signup-errors.ts";
import type { Tx } from "../storage.ts";
import { isCodeRight } from "./challenges.ts";
import { closeChallenge, findChallenge, type StoredChallenge, takeTry } from "./challenges-repository.ts";
import { admit, type Admitted, answerAdmitted, completeSignIn } from "./complete-sign-in.ts";
import { recallWhereabouts } from "./known-devices.ts";
import { takeSecondFactor } from "./second-factor.ts";
import type { SignInDeps } from "./sign-in-deps.ts";
import type { SignInDevice } from "./sign-in-device.ts";
import { ChallengeOver } from "./sign-in-errors.ts";

/** A wrong code costs one of the challenge's tries; the right one opens the session, once. */
export async function answerChallenge(
  deps: SignInDeps,
  answer: ChallengeAnswer,
  address: string,
): Promise<SignInAnswer> {
  const { id, kind, code } = answer;
  if (kind !== "email_code") return answerWithFactor(deps, { id, kind, code }, address);
  const challenge = await tryOne(deps, answer);
  if (!isCodeRight(deps, challenge, code)) return refuse(deps, challenge.memberId, kind);
  const device = deviceOfChallenge(challenge, address);
  if (challenge.purpose === "code") return startFrom(deps, challenge, device);
  const admitted = await finish(deps, { challenge, device, kind });
  if (!admitted) throw new CodeInvalid();
  return answerAdmitted(deps, admitted);
}

/** Each challenge has its tries, but challenges can be had for a password: the member's factor has its own as well. */
async function answerWithFactor(
  deps: SignInDeps,
  answer: ChallengeAnswer & { kind: "totp" | "recovery_code" },
  address: string,
): Promise<SignInAnswer> {
  const { id, kind, code } = answer;
  const { memberId, deviceId, kinds } = (await findChallenge(deps.database.read, id)) ?? {};
  // A code that was asked for by address has a member only if the address is known: nobody learns it by asking for more.
  if (!memberId || !kinds?.includes(kind)) throw new ChallengeOver();
  const at = { what: kind, memberId, deviceId: deviceId ?? null } as const;
  const admitted = await deps.guard.attempt(at, async () => {
    const challenge = await tryOne(deps, answer);
    return finish(deps, { challenge, device: deviceOfChallenge(challenge, address), kind, code });
  });
  if (!admitted) return refuse(deps, memberId, kind);
  return answerAdmitted(deps, admitted);
}

async function refuse(
  { database }: SignInDeps,
  memberId: string | null,
  kind: ChallengeAnswer["kind"],
): Promise<never> {
  await recordAudit(database.read, {
    action: "auth.sign-in",
    outcome: "refused",
    actor: { kind: "stranger" },
    subject: memberId ?? undefined,
    details: { method: kind },
  });
  throw new CodeInvalid();
}

async function tryOne({ database, clock }: SignInDeps, answer: ChallengeAnswer): Promise<StoredChallenge> {
  const challenge = await takeTry(database, answer, clock.now());
  if (!challenge || challenge.purpose === "step-up") throw new ChallengeOver();
  return challenge;
}

function deviceOfChallenge({ deviceName, deviceId }: StoredChallenge, address: string): SignInDevice {
  return { name: deviceName ?? undefined, address, knownId: deviceId };
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

type Finish = { challenge: StoredChallenge; device: SignInDevice } & (
  { kind: "email_code" } | { kind: "totp" | "recovery_code"; code: string }
);

/** Undefined if the code was wrong. */
async function finish(deps: SignInDeps, facts: Finish): Promise<Admitted | undefined> {
  const { kind, device } = facts;
  const { id, memberId, method } = facts.challenge;
  return deps.database.transaction(async (tx) => {
    const account = memberId === null ? undefined : await lockAccount(tx, memberId);
    if (!account || method === null) throw new ChallengeOver();
    const isRight = kind === "email_code" || (await takeSecondFactor(tx, deps, account, kind, facts.code));
    if (!isRight) return undefined;
    await close(deps, tx, id);
    const whereabouts = await recallWhereabouts(tx, deps, account.memberId, device);
    return admit(tx, deps, { account, methods: [method, kind], device, whereabouts });
  });
}

/** Of several right answers at once one is the first. */
async function close({ clock }: SignInDeps, tx: Tx, id: string): Promise<void> {
  if (!(await closeChallenge(tx, id, clock.now()))) throw new ChallengeOver();
}
