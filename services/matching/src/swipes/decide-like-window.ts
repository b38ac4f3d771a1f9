/// <reference lib="esnext.temporal" />
import { QuotaExceeded } from "./swipes-errors.ts";

/** A day of likes: its end is fixed when it opens, so that moving to another time zone does not end it sooner. */
export type LikeWindow = { likesUsed: number; endsAt: Date };

/**
 * Midnights of one place are never nearer to each other than this (a day on which clocks go forward). Keeping windows
 * as far apart denies a new one to those who travel, by declaration, from midnight to midnight.
 */
const shortestDayMs = 23 * 3_600_000;

export function decideLikeWindow(previous: LikeWindow | null, timeZone: string, now: Date): LikeWindow {
  if (previous && now < previous.endsAt) return previous;
  return { likesUsed: 0, endsAt: decideWindowEnd(previous?.endsAt ?? null, timeZone, now) };
}

/** The first local midnight after now that is a day from the end of the window before. */
export function decideWindowEnd(previousEnd: Date | null, timeZone: string, now: Date): Date {
  const earliest = previousEnd ? previousEnd.getTime() + shortestDayMs : 0;
  let local = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timeZone);
  do {
    // The start of a day, not 00:00: where clocks go forward at midnight the day begins at 01:00.
    local = local.add({ days: 1 }).startOfDay();
  } while (local.epochMilliseconds < earliest);
  return new Date(local.epochMilliseconds);
}

/** `likesPerDay` is null for those without a limit, whose likes are not counted. */
export function spendLike(window: LikeWindow, likesPerDay: number | null, now: Date): LikeWindow {
  if (likesPerDay === null) return window;
  if (window.likesUsed >= likesPerDay) {
    throw new QuotaExceeded(Math.ceil((window.endsAt.getTime() - now.getTime()) / 1000));
  }
  return { ...window, likesUsed: window.likesUsed + 1 };
}

export function likesLeft(window: LikeWindow, likesPerDay: number | null): number | null {
  return likesPerDay === null ? null : Math.max(0, likesPerDay - window.likesUsed);
}
