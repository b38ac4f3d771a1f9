import { randomBytes } from "node:crypto";
import { recordAudit } from "@kismet/database";
import { lockAccountByEmail } from "../accounts/accounts-repository.ts";
import { decideAgain } from "../letters/decide-again.ts";
import type { Mail } from "../letters/letter.ts";
import { passwordResetMail } from "../letters/mails/password-reset-mail.ts";
import type { CodeDeps } from "../signup/renew-code.ts";
import { findResetOf, saveReset } from "./resets-repository.ts";

/** Nothing for an address without a verified account, or that has just got one. */
export async function makeResetToken(
  deps: CodeDeps,
  email: string,
  letterId: string,
): Promise<Mail | undefined> {
  const { database, clock, digests, codeSeconds, codeIntervalMs, links } = deps;
  return database.transaction(async (tx) => {
    const account = await lockAccountByEmail(tx, email);
    if (!account || account.status === "unverified") return undefined;
    const { memberId } = account;
    const now = clock.now();
    const earlier = await findResetOf(tx, memberId);
    const last = { madeAt: earlier?.createdAt ?? null, letterId: earlier?.letterId ?? null };
    if (decideAgain(last, { id: letterId, now, intervalMs: codeIntervalMs }) === "too soon") return undefined;
    const token = randomBytes(32).toString("base64url");
    const tokenHash = digests.of("password reset", token);
    await saveReset(tx, { memberId, tokenHash, letterId, createdAt: now });
    await recordAudit(tx, {
      action: "auth.password.reset-asked",
      actor: { kind: "stranger" },
      subject: memberId,
    });
    const url = links("reset", token, account.locale);
    return passwordResetMail(account, { url, validFor: codeSeconds });
  });
}
