import type { Clock } from "@kismet/service-kit";
import { lockAccountByEmail } from "../accounts/accounts-repository.ts";
import { decideAgain } from "../letters/decide-again.ts";
import type { MailLinks } from "../letters/mail-links.ts";
import type { Letter, Mail } from "../letters/letter.ts";
import { verificationMail } from "../letters/mails/verification-mail.ts";
import { spendMailBudget } from "../letters/spend-mail-budget.ts";
import type { Digests } from "../secrets/digests.ts";
import type { AuthDatabase } from "../storage.ts";
import { isBanned } from "../standing/ban-marks.ts";
import { codeHashOf, freshTries, newCode } from "./codes.ts";
import { listSignups, saveSignup } from "./signups-repository.ts";
import { verificationTokenOf } from "./verify-by-link.ts";

export type CodeDeps = {
  database: AuthDatabase;
  clock: Clock;
  digests: Digests;
  codeSeconds: number;
  codeIntervalMs: number;
  links: MailLinks;
  /** So long an old address can undo a change, and is kept for that. */
  undoHours: number;
};

type Asked = Extract<Letter, { kind: "resend-code" }>;

/**
 * Another code for the latest sign-up from where it is asked for, else for the latest of all; nothing if there is none, or if
 * it has just got one.
 */
export async function renewCode(deps: CodeDeps, asked: Asked, letterId: string): Promise<Mail | undefined> {
  const { database, clock, digests, codeSeconds, codeIntervalMs, links } = deps;
  const { email, asker = null } = asked;
  return database.transaction(async (tx) => {
    const account = await lockAccountByEmail(tx, email);
    if (account?.status !== "unverified") return undefined;
    if (await isBanned(tx, digests, email)) return undefined;
    const signups = await listSignups(tx, account.memberId);
    const latest = signups.find((signup) => signup.asker === asker) ?? signups[0];
    const now = clock.now();
    if (!latest) return undefined;
    const last = { madeAt: latest.codeSentAt, letterId: latest.codeLetterId };
    const decided = decideAgain(last, { id: letterId, now, intervalMs: codeIntervalMs });
    if (decided === "too soon") return undefined;
    const mail = { kind: "sign-up code", email, asker, letterId } as const;
    if (!(await spendMailBudget(tx, digests, mail, now))) return undefined;
    const code = newCode();
    const codeHash = codeHashOf(digests, latest.id, code);
    await saveSignup(tx, {
      ...latest,
      ...freshTries,
      codeHash,
      codeLetterId: letterId,
      codeSentAt: now,
    });
    const { id, locale } = latest;
    const url = links("verify", verificationTokenOf(digests, { id, codeHash }), locale);
    return verificationMail({ email, locale }, { code, url, validFor: codeSeconds });
  });
}
