export type SentCodes = { codesSent: number; codeSentAt: Date; createdAt: Date };

/** To one address in an hour, whoever asks. */
export const maxCodesPerHour = 5;
const hourMs = 3_600_000;

/** Whether another code may go to an address: nobody's mailbox is to be flooded by a stranger. */
export function mayAnotherCodeBeSent(signups: readonly SentCodes[], now: Date): boolean {
  const recent = signups.filter(({ createdAt }) => now.getTime() - createdAt.getTime() < hourMs);
  return recent.reduce((sum, { codesSent }) => sum + codesSent, 0) < maxCodesPerHour;
}
