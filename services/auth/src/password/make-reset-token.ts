import { randomBytes } from "node:crypto";
import { recordAudit } from "@kismet/database";
import { lockAccountByEmail } from "../accounts/accounts-repository.ts";
import { decideAgain } from "../letters/decide-again.ts";
import type { Letter, Mail } from "../letters/letter.ts";
import { passwordResetMail } from "../letters/mails/password-reset-mail.ts";
import { budgetSince, isWithinBudget } from "../signin/decide-code-budget.ts";
import { isOwnNetwork } from "../signin/known-devices.ts";
import type { CodeDeps } from "../signup/renew-code.ts";
import { countResets, findResetOf, insertReset } from "./resets-repository.ts";

/**
 * Nothing for an address without a verified account, or that has just got one, or enough. Earlier ones stay good: else
 * whoever asks often enough would keep a member from ever using theirs.
 */
export async function makeResetToken(
  deps: CodeDeps,
  { email, network }: Extract<Letter, { kind: "forgot-password" }>,
  letterId: string,
): Promise<Mail | undefined> {
  const { database, clock, digests, codeSeconds, codeIntervalMs, links } = deps;
  return database.transaction(async (tx) => {
    const account = await lockAccountByEmail(tx, email);
    if (!account || account.status === "unverified") return undefined;
    const { memberId } = account;
    const now = clock.now();
    const earlier = await findResetOf(tx, memberId, letterId);
    const last = { madeAt: earlier?.createdAt ?? null, letterId: earlier?.letterId ?? null };
    const decided = decideAgain(last, { id: letterId, now, intervalMs: codeIntervalMs });
    if (decided === "too soon") return undefined;
    const familiar = await isOwnNetwork(tx, digests, memberId, network);
    const sent = await countResets(tx, memberId, familiar, budgetSince(now));
    if (decided === "new" && !isWithinBudget(sent)) return undefined;
    const token = randomBytes(32).toString("base64url");
    const tokenHash = digests.of("password reset", token);
    await insertReset(tx, { memberId, tokenHash, letterId, familiar, createdAt: now });
    await recordAudit(tx, {
      action: "auth.password.reset-asked",
      actor: { kind: "stranger" },
      subject: memberId,
    });
    const url = links("reset", token, account.locale);
    return passwordResetMail(account, { url, validFor: codeSeconds });
  });
}
