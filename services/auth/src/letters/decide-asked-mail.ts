/** A mail of one kind that went to an address. */
export type AskedMail = { letterId: string; asker: string | null; sentAt: Date };
type Limits = { hour: number; day: number };
export type MailBudget = { ofAsker: Limits; ofAll: Limits };

const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/**
 * Whether another one may go, given those of the last day: nobody's mailbox is to be flooded, and whoever floods it from one
 * network is not to use up what its owner may ask for from theirs. One that is carried again has been counted.
 */
export function mayMailBeSent(
  sent: readonly AskedMail[],
  { letterId, asker }: Pick<AskedMail, "letterId" | "asker">,
  { ofAsker, ofAll }: MailBudget,
  now: Date,
): boolean {
  if (sent.some((mail) => mail.letterId === letterId)) return true;
  const own = sent.filter((mail) => mail.asker === asker);
  return isWithin(own, ofAsker, now) && isWithin(sent, ofAll, now);
}

function isWithin(mails: readonly AskedMail[], { hour, day }: Limits, now: Date): boolean {
  const since = (ms: number) => mails.filter(({ sentAt }) => now.getTime() - sentAt.getTime() < ms).length;
  return since(hourMs) < hour && since(dayMs) < day;
}
