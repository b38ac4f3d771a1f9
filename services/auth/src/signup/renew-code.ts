import type { Clock } from "@kismet/service-kit";
import { lockAccountByEmail } from "../accounts/accounts-repository.ts";
import { decideAgain } from "../letters/decide-again.ts";
import type { MailLinks } from "../letters/mail-links.ts";
import type { Mail } from "../letters/letter.ts";
import { verificationMail } from "../letters/mails/verification-mail.ts";
import type { Digests } from "../secrets/digests.ts";
import type { AuthDatabase } from "../storage.ts";
import { isBanned } from "../standing/ban-marks.ts";
import { codeHashOf, newCode, triesPerCode } from "./codes.ts";
import { mayAnotherCodeBeSent } from "./decide-code-sending.ts";
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

/** Another code for the latest sign-up; nothing if there is none, or if it has just got one. */
export async function renewCode(deps: CodeDeps, email: string, letterId: string): Promise<Mail | undefined> {
  const { database, clock, digests, codeSeconds, codeIntervalMs, links } = deps;
  return database.transaction(async (tx) => {
    const account = await lockAccountByEmail(tx, email);
    if (account?.status !== "unverified") return undefined;
    if (await isBanned(tx, digests, email)) return undefined;
    const signups = await listSignups(tx, account.memberId);
    const [latest] = signups;
    const now = clock.now();
    if (!latest) return undefined;
    const last = { madeAt: latest.codeSentAt, letterId: latest.codeLetterId };
    const decided = decideAgain(last, { id: letterId, now, intervalMs: codeIntervalMs });
    if (decided === "too soon") return undefined;
    if (decided === "new" && !mayAnotherCodeBeSent(signups, now)) return undefined;
    const code = newCode();
    const codeHash = codeHashOf(digests, latest.id, code);
    await saveSignup(tx, {
      ...latest,
      codeHash,
      triesLeft: triesPerCode,
      codeLetterId: letterId,
      codesSent: latest.codesSent + (decided === "again" ? 0 : 1),
      codeSentAt: now,
    });
    const { id, locale } = latest;
    const url = links("verify", verificationTokenOf(digests, { id, codeHash }), locale);
    return verificationMail({ email, locale }, { code, url, validFor: codeSeconds });
  });
}
