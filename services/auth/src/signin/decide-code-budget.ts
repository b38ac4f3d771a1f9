/** Of one challenge, the first included. */
const maxCodesPerChallenge = 3;
const maxPerHour = 5;
const maxPerDay = 20;
const hourMs = 3_600_000;

export type SentMails = { lastHour: number; lastDay: number };

/** From when on what was sent counts. */
export function budgetSince(now: Date): { hour: Date; day: Date } {
  const before = (ms: number) => new Date(now.getTime() - ms);
  return { hour: before(hourMs), day: before(24 * hourMs) };
}

/**
 * Whether another mail of its kind, a code to sign in with or a reset, goes to a member: nobody's mailbox is to be
 * flooded. Those that strangers ask for are counted apart from those asked for at the member's own devices and networks,
 * so that they can't use these up.
 */
export function isWithinBudget({ lastHour, lastDay }: SentMails): boolean {
  return lastHour < maxPerHour && lastDay < maxPerDay;
}

/** Six digits are guessed in the end if enough codes are made. */
export function mayCodeBeSent({ ofChallenge, ...sent }: SentMails & { ofChallenge: number }): boolean {
  return ofChallenge < maxCodesPerChallenge && isWithinBudget(sent);
}
