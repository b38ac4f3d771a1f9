import type { Digests } from "../secrets/digests.ts";
import type { Tx } from "../storage.ts";
import { insertAskedMail, listAskedMails } from "./asked-mails-repository.ts";
import { dayMs, type MailBudget, mayMailBeSent } from "./decide-asked-mail.ts";

/** By what is asked for. A mail that only tells something is not missed if it does not come again. */
const budgets = {
  /** A member, or who was one, is told that somebody signed up with their address. */
  "known address": { ofAsker: { hour: 2, day: 5 }, ofAll: { hour: 2, day: 5 } },
  /** As many codes can be guessed at in a day: docs/adr/sign-up.md. */
  "sign-up code": { ofAsker: { hour: 5, day: 10 }, ofAll: { hour: 15, day: 30 } },
} as const satisfies Record<string, MailBudget>;

export type AskedMailOf = {
  kind: keyof typeof budgets;
  email: string;
  asker: string | null;
  letterId: string;
};

/**
 * Whether the mail may go; if so it is counted. Under a lock that all have to take who ask for this kind of mail to this
 * address.
 */
export async function spendMailBudget(
  tx: Tx,
  digests: Digests,
  { kind, email, asker, letterId }: AskedMailOf,
  now: Date,
): Promise<boolean> {
  const address = digests.of("asked mail", kind, email);
  const sent = await listAskedMails(tx, address, new Date(now.getTime() - dayMs));
  if (!mayMailBeSent(sent, { letterId, asker }, budgets[kind], now)) return false;
  await insertAskedMail(tx, { letterId, address, asker, sentAt: now });
  return true;
}
