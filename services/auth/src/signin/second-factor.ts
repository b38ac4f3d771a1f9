import type { Clock } from "@kismet/service-kit";
import { Secret, TOTP } from "otpauth";
import type { StoredAccount } from "../accounts/accounts-repository.ts";
import type { Letterbox } from "../letters/letterbox.ts";
import { recoveryCodeUsedMail } from "../letters/mails/recovery-code-used-mail.ts";
import type { Digests } from "../secrets/digests.ts";
import type { Sealing } from "../secrets/sealing.ts";
import type { Tx } from "../storage.ts";
import { decideTotp } from "./decide-totp.ts";
import { findTotp, type StoredTotp, takeRecoveryCode, updateTotp } from "./factors-repository.ts";
import { recoveryCodeHash } from "./recovery-codes.ts";

export type FactorDeps = { clock: Clock; sealing: Sealing; digests: Digests; letterbox: Letterbox };

/** How far the clock of somebody's telephone may be off, in steps of 30 s, either way (RFC 6238, 5.2). */
const drift = 1;
/** 160 bits (RFC 4226, 4: R6). */
const secretBytes = 20;

export function newTotpSecret(): string {
  return new Secret({ size: secretBytes }).base32;
}

export function totpOf(secret: string, email = ""): TOTP {
  return new TOTP({ issuer: "Kismet", label: email, secret: Secret.fromBase32(secret) });
}

/** Whether the code is right, in which case it is used up. Under the account's lock. */
export async function takeSecondFactor(
  tx: Tx,
  deps: FactorDeps,
  account: Pick<StoredAccount, "memberId" | "email" | "locale">,
  kind: "totp" | "recovery_code",
  code: string,
): Promise<boolean> {
  const { memberId } = account;
  if (kind === "totp") {
    const totp = await findTotp(tx, memberId);
    return totp?.confirmedAt ? takeTotp(tx, deps, totp, code) : false;
  }
  const isRight = await takeRecoveryCode(tx, memberId, recoveryCodeHash(deps.digests, memberId, code));
  // A recovery code is for when the telephone is lost, or for who stole the list.
  if (isRight) await deps.letterbox.post(tx, { kind: "mail", mail: recoveryCodeUsedMail(account, {}) });
  return isRight;
}

/** Also confirms one that was not. */
export async function takeTotp(
  tx: Tx,
  { clock, sealing }: FactorDeps,
  { memberId, sealedSecret, lastStep, confirmedAt }: StoredTotp,
  code: string,
): Promise<boolean> {
  const now = clock.now();
  const authenticator = totpOf(sealing.open(sealedSecret));
  const current = authenticator.counter({ timestamp: now.getTime() });
  const delta = authenticator.validate({ token: code, timestamp: now.getTime(), window: drift });
  const step = decideTotp({ current, delta, lastStep });
  if (step === undefined) return false;
  await updateTotp(tx, memberId, { lastStep: step, ...(confirmedAt ? {} : { confirmedAt: now }) });
  return true;
}
