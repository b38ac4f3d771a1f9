import type { Letter } from "./letter.ts";

const minuteMs = 60_000;
/** So long somebody waits for a code or a link that they have just asked for: it is made anew for each try. */
const askedMs = 15 * minuteMs;
/** What tells of something that has happened, or can't be read now, is still worth it then. */
const toldMs = 3 * 24 * 60 * minuteMs;
/** Who waits is not to wait for long once a server is back; what has waited long can wait a little more. */
const backoff = { baseMs: 500, maxMs: 30_000, maxLaterMs: 10 * minuteMs };

export type Carried = { createdAt: Date; attempts: number };

/**
 * Whether a letter that could not be carried is tried again, and at the latest when: as long as what is in it is good.
 * None for one that can't be read.
 */
export function decideCarrying(
  letter: Letter | undefined,
  { createdAt, attempts }: Carried,
  now: Date,
): "give up" | { withinMs: number } {
  const ageMs = now.getTime() - createdAt.getTime();
  if (ageMs > lifeMsOf(letter, createdAt)) return "give up";
  const maxMs = ageMs > askedMs ? backoff.maxLaterMs : backoff.maxMs;
  return { withinMs: Math.min(maxMs, backoff.baseMs * 2 ** Math.min(attempts, 12)) };
}

function lifeMsOf(letter: Letter | undefined, createdAt: Date): number {
  if (letter === undefined) return toldMs;
  if (letter.kind !== "mail") return askedMs;
  const { goodFor, goodUntil } = letter.mail;
  if (goodUntil !== undefined) return new Date(goodUntil).getTime() - createdAt.getTime();
  return goodFor === undefined ? toldMs : goodFor * 1_000;
}
