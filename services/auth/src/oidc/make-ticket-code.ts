import { lockAccountByEmail } from "../accounts/accounts-repository.ts";
import { undoableSince } from "../email/decide-email-change.ts";
import { isAddressKept } from "../email/email-changes-repository.ts";
import { decideAgain } from "../letters/decide-again.ts";
import type { Letter, Mail } from "../letters/letter.ts";
import { addressCodeMail } from "../letters/mails/address-code-mail.ts";
import { knownAddressMail } from "../letters/mails/known-address-mail.ts";
import { spendMailBudget } from "../letters/spend-mail-budget.ts";
import { newCode, triesPerCode } from "../signup/codes.ts";
import type { CodeDeps } from "../signup/renew-code.ts";
import { ticketCodeHashOf } from "./oidc-deps.ts";
import { countTicketCodes, lockTicket, updateTicket } from "./tickets-repository.ts";

/** To one address, whoever asks. */
const maxCodesPerHour = 5;

type Asked = Extract<Letter, { kind: "oidc-code" }>;

/** A code for an address that no provider has verified, unless it has an account, or will again: its owner is told that. */
export async function makeTicketCode(
  deps: CodeDeps,
  { ticket: tokenHash }: Asked,
  letterId: string,
): Promise<Mail | undefined> {
  const { database, clock, digests, codeSeconds, undoHours } = deps;
  return database.transaction(async (tx) => {
    const now = clock.now();
    const ticket = await lockTicket(tx, tokenHash, now);
    if (!ticket?.email || ticket.locale === null) return undefined;
    const { email, locale } = ticket;
    const account = await lockAccountByEmail(tx, email);
    const last = { madeAt: ticket.codeSentAt, letterId: ticket.codeLetterId };
    const isAgain = decideAgain(last, { id: letterId, now, intervalMs: 0 }) === "again";
    if (!isAgain && (await countTicketCodes(tx, email)) >= maxCodesPerHour) return undefined;
    const codesSent = ticket.codesSent + (isAgain ? 0 : 1);
    const sent = { codesSent, codeSentAt: now, codeLetterId: letterId };
    const isKept = await isAddressKept(tx, { email, since: undoableSince(now, undoHours) });
    const holder = account && account.status !== "unverified" ? account : undefined;
    if (holder || isKept) {
      await updateTicket(tx, tokenHash, sent);
      const told = { kind: "known address", email, asker: null, letterId } as const;
      const mail = knownAddressMail(holder ?? { email, locale }, {});
      return (await spendMailBudget(tx, digests, told, now)) ? mail : undefined;
    }
    const code = newCode();
    const codeHash = ticketCodeHashOf(digests, tokenHash, code);
    await updateTicket(tx, tokenHash, { ...sent, codeHash, triesLeft: triesPerCode });
    return addressCodeMail({ email, locale }, { code, validFor: codeSeconds });
  });
}
