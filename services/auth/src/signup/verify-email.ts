import type { Session, VerifyEmailRequest } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import type { Static } from "typebox";
import { lockAccountByEmail, type StoredAccount } from "../accounts/accounts-repository.ts";
import { normaliseEmail } from "../accounts/normalise-email.ts";
import { isEqual } from "../secrets/digests.ts";
import { admit, type Admitted, answerAdmitted } from "../signin/complete-sign-in.ts";
import { recallWhereabouts } from "../signin/known-devices.ts";
import type { SignInDeps } from "../signin/sign-in-deps.ts";
import type { SignInDevice } from "../signin/sign-in-device.ts";
import type { Tx } from "../storage.ts";
import { isBanned } from "../standing/ban-marks.ts";
import { activateSignup } from "./activate-signup.ts";
import { askerOf } from "./asker.ts";
import { codeHashOf } from "./codes.ts";
import { isCodeAlive, isPasswordNeeded } from "./decide-proof.ts";
import { proveSignup } from "./prove-signup.ts";
import { CodeInvalid, SignupPasswordNeeded, SignupPasswordWrong } from "./signup-errors.ts";
import { countWrongCode, listSignups, type StoredSignup } from "./signups-repository.ts";

type Request = Omit<Static<typeof VerifyEmailRequest>, "device">;
type Tried = Request & { asker: string; device: SignInDevice };

/**
 * With the right code the account becomes what the sign-up with that code asked for, and everybody hears of it. The
 * password of that sign-up is looked at once the code was right, and so tells nothing to who guesses codes.
 */
export async function verifyEmail(
  deps: SignInDeps,
  request: Request,
  device: SignInDevice,
): Promise<Session> {
  const email = normaliseEmail(request.email);
  const tried = { ...request, email, device, asker: askerOf(deps.digests, email, device.address) };
  const outcome = await deps.database.transaction((tx) => tryCode(tx, deps, tried));
  // Refused after the commit: that it was tried must last.
  if (!outcome) throw new CodeInvalid();
  if ("session" in outcome) return answerAdmitted(deps, outcome);
  const { password } = tried;
  if (password === undefined) throw new SignupPasswordNeeded();
  const isGood = (signup: StoredSignup) => isRight(deps, tried, signup);
  const proven = await proveSignup(deps, { signup: outcome, password, isGood }, (tx, account) =>
    open(tx, deps, account, device),
  );
  if (proven === "gone") throw new CodeInvalid();
  if (proven === "wrong") throw new SignupPasswordWrong();
  return answerAdmitted(deps, proven);
}

/** Whom no sign-up is of. */
const nobody = "00000000-0000-0000-0000-000000000000";

/** Opens the session, or gives the sign-up whose password is still to be looked at; nothing if the code was wrong. */
async function tryCode(tx: Tx, deps: SignInDeps, tried: Tried): Promise<Admitted | StoredSignup | undefined> {
  const { email, asker, password, device } = tried;
  const account = await lockAccountByEmail(tx, email);
  // Of an address that waits for no code as much is read and written: the time it takes must not tell.
  const memberId = account?.status === "unverified" ? account.memberId : nobody;
  const signups = await listSignups(tx, memberId);
  const signup = signups.find((each) => isRight(deps, tried, each));
  // Somebody may have prepared an account before they were banned.
  if (!account || !signup || (await isBanned(tx, deps.digests, account.email))) {
    await countWrongCode(tx, memberId, asker);
    await recordAudit(tx, {
      action: "auth.email.verify",
      outcome: "refused",
      actor: { kind: "stranger" },
      subject: account?.memberId,
    });
    return undefined;
  }
  if (password !== undefined || isPasswordNeeded(signup, signups.length, asker)) return signup;
  return open(tx, deps, await activateSignup(tx, deps, { account, signup }), device);
}

function isRight({ digests, clock, codeSeconds }: SignInDeps, { code, asker }: Tried, signup: StoredSignup) {
  return (
    isCodeAlive(signup, asker, clock.now(), codeSeconds) &&
    isEqual(signup.codeHash, codeHashOf(digests, signup.id, code))
  );
}

async function open(tx: Tx, deps: SignInDeps, account: StoredAccount, device: SignInDevice) {
  const whereabouts = await recallWhereabouts(tx, deps, account.memberId, device);
  return admit(tx, deps, { account, methods: ["email_code"], device, whereabouts });
}
