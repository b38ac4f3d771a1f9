/** Of one challenge, the first included. */
export const maxCodesPerChallenge = 3;
const maxPerHour = 5;
const maxPerDay = 20;

export type SentCodes = { ofChallenge: number; lastHour: number; lastDay: number };

/**
 * Whether another code goes out: nobody's mailbox is to be flooded, and six digits are guessed in the end if enough
 * codes are made. Codes that strangers ask for are counted apart from those asked for at the member's own devices and
 * networks, so that they can't use these up.
 */
export function mayCodeBeSent({ ofChallenge, lastHour, lastDay }: SentCodes): boolean {
  return ofChallenge < maxCodesPerChallenge && lastHour < maxPerHour && lastDay < maxPerDay;
}
