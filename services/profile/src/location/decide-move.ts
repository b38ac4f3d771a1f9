import { LocationTooFrequent } from "./location-errors.ts";

/** What is remembered of a member's moves; nothing of where they led. */
export type Moves = { moves: number; movesResetAt: Date | null; farMovedAt: Date | null };

export type MoveRules = { locationChangesPerDay: number; farMoveKm: number; farMoveIntervalMs: number };

const dayMs = 86_400_000;

/**
 * Counts a change of place, or refuses it. A day begins with its first move, so that nobody's midnight matters. The
 * limit is what makes searching for somebody by moving about slow; buckets between cells make it futile.
 */
export function decideMove(before: Moves, distanceKm: number, rules: MoveRules, now: Date): Moves {
  const isNewDay = before.movesResetAt === null || before.movesResetAt <= now;
  const today = isNewDay
    ? { moves: 0, movesResetAt: new Date(now.getTime() + dayMs) }
    : { moves: before.moves, movesResetAt: before.movesResetAt };
  if (today.moves >= rules.locationChangesPerDay) throw tooFrequentUntil(today.movesResetAt, now);

  const isFar = distanceKm > rules.farMoveKm;
  if (isFar && before.farMovedAt) {
    const next = new Date(before.farMovedAt.getTime() + rules.farMoveIntervalMs);
    if (next > now) throw tooFrequentUntil(next, now);
  }
  return { ...today, moves: today.moves + 1, farMovedAt: isFar ? now : before.farMovedAt };
}

function tooFrequentUntil(moment: Date | null, now: Date): LocationTooFrequent {
  const waitMs = (moment ?? now).getTime() - now.getTime();
  return new LocationTooFrequent(Math.max(1, Math.ceil(waitMs / 1_000)));
}
