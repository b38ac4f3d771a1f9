import { randomUUIDv7 } from "node:crypto";
import { insertAccount, lockAccountByEmail, lockAddress } from "../accounts/accounts-repository.ts";
import { undoableSince } from "../email/decide-email-change.ts";
import { isAddressKept } from "../email/email-changes-repository.ts";
import type { Letter, Mail, Recipient } from "../letters/letter.ts";
import { knownAddressMail } from "../letters/mails/known-address-mail.ts";
import { verificationMail } from "../letters/mails/verification-mail.ts";
import { type AskedMailOf, spendMailBudget } from "../letters/spend-mail-budget.ts";
import type { Tx } from "../storage.ts";
import { isBanned } from "../standing/ban-marks.ts";
import { codeHashOf, freshTries, newCode } from "./codes.ts";
import type { CodeDeps } from "./renew-code.ts";
import { saveSignup } from "./signups-repository.ts";
import { verificationTokenOf } from "./verify-by-link.ts";

type Signup = Extract<Letter, { kind: "signup" }>;

/** Makes an unverified account, unless there is one, and a sign-up with its code. */
export async function startSignup(deps: CodeDeps, signup: Signup, id: string): Promise<Mail | undefined> {
  const { database, clock, digests, codeSeconds, links, undoHours } = deps;
  const { kind: _, email, asker = null, ...said } = signup;
  // A letter that was written by a version before has none.
  const applicant = { ...said, jurisdiction: said.jurisdiction ?? null };
  const now = clock.now();
  const mayGo = (tx: Tx, kind: AskedMailOf["kind"]) =>
    spendMailBudget(tx, digests, { kind, email, asker, letterId: id }, now);
  const tellMember = async (tx: Tx, to: Recipient) =>
    (await mayGo(tx, "known address")) ? knownAddressMail(to, {}) : undefined;
  return database.transaction(async (tx) => {
    await lockAddress(tx, email);
    // Its member can still have it back: whoever signs up is told as if they had.
    if (await isAddressKept(tx, { email, since: undoableSince(now, undoHours) }))
      return tellMember(tx, { email, locale: applicant.locale });
    // Not told, here or by mail: who is banned would only take another address.
    if (await isBanned(tx, digests, email)) return undefined;
    // The password is the sign-up's: the account has none until the address is proven.
    await insertAccount(tx, {
      memberId: randomUUIDv7(),
      email,
      ...applicant,
      passwordHash: null,
      status: "unverified",
      createdAt: now,
    });
    const account = await lockAccountByEmail(tx, email);
    if (!account) throw new Error("the account was there, or was made");
    if (account.status !== "unverified") return tellMember(tx, account);
    // Its member was leaving it while this waited for them: the letter is carried again, and they are told.
    if (await isAddressKept(tx, { email, since: undoableSince(now, undoHours) }))
      throw new Error("an address is kept since a moment ago");
    const { memberId } = account;
    if (!(await mayGo(tx, "sign-up code"))) return undefined;
    const code = newCode();
    const codeHash = codeHashOf(digests, id, code);
    await saveSignup(tx, {
      id,
      memberId,
      ...applicant,
      asker,
      ...freshTries,
      codeHash,
      codeLetterId: id,
      codesSent: 1,
      codeSentAt: now,
      createdAt: now,
    });
    const { locale } = applicant;
    const url = links("verify", verificationTokenOf(digests, { id, codeHash }), locale);
    return verificationMail({ email, locale }, { code, url, validFor: codeSeconds });
  });
}
