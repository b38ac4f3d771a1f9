import type { Session } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { lockAccountByEmail } from "../accounts/accounts-repository.ts";
import { normaliseEmail } from "../accounts/normalise-email.ts";
import { isEqual } from "../secrets/digests.ts";
import { admit, type Admitted, answerAdmitted } from "../signin/complete-sign-in.ts";
import { recallWhereabouts } from "../signin/known-devices.ts";
import type { SignInDeps } from "../signin/sign-in-deps.ts";
import type { SignInDevice } from "../signin/sign-in-device.ts";
import type { Tx } from "../storage.ts";
import { isBanned } from "../standing/ban-marks.ts";
import { activateSignup, isAlive } from "./activate-signup.ts";
import { codeHashOf } from "./codes.ts";
import { CodeInvalid } from "./signup-errors.ts";
import { countWrongTry, listSignups, type StoredSignup } from "./signups-repository.ts";

/** With the right code the account becomes what the sign-up with that code asked for, and everybody hears of it. */
export async function verifyEmail(
  deps: SignInDeps,
  email: string,
  code: string,
  device: SignInDevice,
): Promise<Session> {
  const tried = { email: normaliseEmail(email), code, device };
  const admitted = await deps.database.transaction((tx) => tryCode(tx, deps, tried));
  // Refused after the commit: that it was tried must last.
  if (!admitted) throw new CodeInvalid();
  return answerAdmitted(deps, admitted);
}

/** Whom no sign-up is of. */
const nobody = "00000000-0000-0000-0000-000000000000";

async function tryCode(
  tx: Tx,
  deps: SignInDeps,
  { email, code, device }: { email: string; code: string; device: SignInDevice },
): Promise<Admitted | undefined> {
  const { clock, digests, codeSeconds } = deps;
  const account = await lockAccountByEmail(tx, email);
  // Of an address that waits for no code as much is read and written: the time it takes must not tell.
  const memberId = account?.status === "unverified" ? account.memberId : nobody;
  const isGood = (signup: StoredSignup) =>
    isAlive(signup, clock.now(), codeSeconds) &&
    isEqual(signup.codeHash, codeHashOf(digests, signup.id, code));
  const signup = (await listSignups(tx, memberId)).find(isGood);
  // Somebody may have prepared an account before they were banned.
  if (!account || !signup || (await isBanned(tx, digests, account.email))) {
    await countWrongTry(tx, memberId);
    await recordAudit(tx, {
      action: "auth.email.verify",
      outcome: "refused",
      actor: { kind: "stranger" },
      subject: account?.memberId,
    });
    return undefined;
  }
  const active = await activateSignup(tx, deps, { account, signup });
  const whereabouts = await recallWhereabouts(tx, deps, memberId, device);
  return admit(tx, deps, { account: active, methods: ["email_code"], device, whereabouts });
}
