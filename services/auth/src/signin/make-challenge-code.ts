import { type Clock } from "@kismet/service-kit";
import { lockAccount, lockAccountByEmail } from "../accounts/accounts-repository.ts";
import { decideAgain } from "../letters/decide-again.ts";
import type { Letter, Mail } from "../letters/letter.ts";
import { signInCodeMail } from "../letters/mails/sign-in-code-mail.ts";
import type { Digests } from "../secrets/digests.ts";
import { newCode } from "../signup/codes.ts";
import type { AuthDatabase, Tx } from "../storage.ts";
import { codeHashOf } from "./challenges.ts";
import { countCodes, findChallenge, setCode, type StoredChallenge } from "./challenges-repository.ts";
import { budgetSince, mayCodeBeSent } from "./decide-code-budget.ts";
import { findDevice } from "./devices-repository.ts";
import { isOwnNetwork } from "./known-devices.ts";

type Deps = {
  database: AuthDatabase;
  clock: Clock;
  digests: Digests;
  codeSeconds: number;
  codeIntervalMs: number;
};
type CodeLetter = Extract<Letter, { kind: "challenge-code" }>;

/** Nothing for an address without a verified account, a challenge that is over, or one that has just got a code. */
export async function makeChallengeCode(
  deps: Deps,
  letter: CodeLetter,
  letterId: string,
): Promise<Mail | undefined> {
  const { database, clock, digests, codeSeconds, codeIntervalMs } = deps;
  return database.transaction(async (tx) => {
    const account = await lockOwner(tx, letter);
    const challenge = await findChallenge(tx, letter.challengeId);
    if (!account || account.status === "unverified" || !challenge) return undefined;
    const now = clock.now();
    if (challenge.usedAt || challenge.expiresAt <= now || challenge.triesLeft <= 0) return undefined;
    const { id } = challenge;
    const last = { madeAt: challenge.codeMadeAt, letterId: challenge.codeLetterId };
    const decided = decideAgain(last, { id: letterId, now, intervalMs: codeIntervalMs });
    if (decided === "too soon") return undefined;
    const isAgain = decided === "again";
    const { memberId } = account;
    const familiar = challenge.familiar || (await isOwn(tx, deps, memberId, challenge, letter));
    const sent = await countCodes(tx, memberId, { purpose: challenge.purpose, familiar }, budgetSince(now));
    if (!isAgain && !mayCodeBeSent({ ...sent, ofChallenge: challenge.codesSent })) return undefined;
    const code = newCode();
    await setCode(tx, id, {
      memberId,
      familiar,
      codeHash: codeHashOf(digests, id, code),
      codeMadeAt: now,
      codeLetterId: letterId,
      codesSent: challenge.codesSent + (isAgain ? 0 : 1),
    });
    return signInCodeMail(account, { code, validFor: codeSeconds });
  });
}

async function lockOwner(tx: Tx, { email, challengeId }: CodeLetter) {
  if (email !== undefined) return lockAccountByEmail(tx, email);
  const { memberId } = (await findChallenge(tx, challengeId)) ?? {};
  return memberId ? lockAccount(tx, memberId) : undefined;
}

/** Whether a code that was asked for by address was asked for at one of the member's own devices or networks. */
async function isOwn(
  tx: Tx,
  { digests }: Deps,
  memberId: string,
  { deviceId }: StoredChallenge,
  { network }: CodeLetter,
): Promise<boolean> {
  const device = deviceId === null ? undefined : await findDevice(tx, deviceId);
  if (device?.memberId === memberId) return true;
  return isOwnNetwork(tx, digests, memberId, network);
}
