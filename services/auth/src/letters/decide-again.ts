/** The last code, or token, that was made for somebody, and for which letter. */
export type LastMade = { madeAt: Date | null; letterId: string | null };

/**
 * Whether a letter that asks for a code gets one. One that is carried again, since its mail could not be handed over, always
 * does, and counts as the one that it is: else the interval that keeps mailboxes from being flooded would drop the only mail
 * that there was to be. Any other waits for that interval.
 */
export function decideAgain(
  { madeAt, letterId }: LastMade,
  letter: { id: string; now: Date; intervalMs: number },
): "again" | "new" | "too soon" {
  if (letterId === letter.id) return "again";
  const isSoon = madeAt !== null && letter.now.getTime() - madeAt.getTime() < letter.intervalMs;
  return isSoon ? "too soon" : "new";
}
