import type { Factors } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { NotFound } from "@kismet/service-kit";
import { lockAccount, type StoredAccount } from "../accounts/accounts-repository.ts";
import { recoveryCodesRenewedMail } from "../letters/mails/recovery-codes-renewed-mail.ts";
import { totpAddedMail } from "../letters/mails/totp-added-mail.ts";
import { totpRemovedMail } from "../letters/mails/totp-removed-mail.ts";
import { CodeInvalid } from "../signup/signup-errors.ts";
import type { AuthDatabase, Tx } from "../storage.ts";
import {
  countRecoveryCodes,
  deleteTotp,
  findTotp,
  replaceRecoveryCodes,
  saveTotp,
} from "./factors-repository.ts";
import { newRecoveryCodes, recoveryCodeHash } from "./recovery-codes.ts";
import { type FactorDeps, newTotpSecret, takeTotp, totpOf } from "./second-factor.ts";
import { TotpEnrolled } from "./sign-in-errors.ts";

type Deps = FactorDeps & { database: AuthDatabase };

export async function listFactors({ database }: Deps, memberId: string): Promise<Factors> {
  const totp = await findTotp(database.read, memberId);
  return {
    totp: totp?.confirmedAt ? { confirmedAt: totp.confirmedAt.toISOString() } : null,
    recoveryCodesLeft: await countRecoveryCodes(database.read, memberId),
  };
}

/** It asks nobody for anything until a first code has shown that the authenticator has it. */
export async function enrolTotp(deps: Deps, memberId: string): Promise<{ secret: string; uri: string }> {
  return withAccount(deps, memberId, async (tx, { email }) => {
    if ((await findTotp(tx, memberId))?.confirmedAt) throw new TotpEnrolled();
    const secret = newTotpSecret();
    const now = deps.clock.now();
    await saveTotp(tx, {
      memberId,
      sealedSecret: deps.sealing.seal(secret),
      createdAt: now,
      confirmedAt: null,
      lastStep: 0,
    });
    return { secret, uri: totpOf(secret, email).toString() };
  });
}

export async function confirmTotp(deps: Deps, memberId: string, code: string): Promise<string[]> {
  return withAccount(deps, memberId, async (tx, account) => {
    const totp = await findTotp(tx, memberId);
    if (!totp) throw new NotFound();
    if (totp.confirmedAt) throw new TotpEnrolled();
    if (!(await takeTotp(tx, deps, totp, code))) throw new CodeInvalid();
    await recordAudit(tx, { action: "auth.factor.add", subject: memberId, details: { factor: "totp" } });
    await deps.letterbox.post(tx, { kind: "mail", mail: totpAddedMail(account, {}) });
    return renew(tx, deps, memberId);
  });
}

export async function removeTotp(deps: Deps, memberId: string): Promise<void> {
  await withAccount(deps, memberId, async (tx, account) => {
    if (!(await deleteTotp(tx, memberId))) throw new NotFound();
    await recordAudit(tx, { action: "auth.factor.remove", subject: memberId, details: { factor: "totp" } });
    await deps.letterbox.post(tx, { kind: "mail", mail: totpRemovedMail(account, {}) });
  });
}

/** Those there were are good no longer. */
export async function renewRecoveryCodes(deps: Deps, memberId: string): Promise<string[]> {
  return withAccount(deps, memberId, async (tx, account) => {
    if (!(await findTotp(tx, memberId))?.confirmedAt) throw new NotFound();
    await recordAudit(tx, {
      action: "auth.factor.renew",
      subject: memberId,
      details: { factor: "recovery_code" },
    });
    await deps.letterbox.post(tx, { kind: "mail", mail: recoveryCodesRenewedMail(account, {}) });
    return renew(tx, deps, memberId);
  });
}

async function renew(tx: Tx, { digests, clock }: Deps, memberId: string): Promise<string[]> {
  const codes = newRecoveryCodes();
  const hashes = codes.map((code) => recoveryCodeHash(digests, memberId, code));
  await replaceRecoveryCodes(tx, memberId, hashes, clock.now());
  return codes;
}

function withAccount<T>(
  { database }: Deps,
  memberId: string,
  work: (tx: Tx, account: StoredAccount) => Promise<T>,
): Promise<T> {
  return database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    if (!account) throw new NotFound();
    return work(tx, account);
  });
}
