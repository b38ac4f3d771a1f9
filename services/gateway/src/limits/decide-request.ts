/** How many at once, and how long a bucket that was emptied takes to be full again. */
export type Allowance = { burst: number; refillMs: number };

export type RequestDecision = {
  isAllowed: boolean;
  /** When the bucket will be full again, in ms on the clock of `now`. */
  fullAt: number;
  /** How many more may come at once. */
  remaining: number;
  /** Until the next may come if this one may not; else until the bucket is full. */
  waitMs: number;
};

/**
 * GCRA (ITU-T I.371) in its form as a virtual schedule: all that is kept of a bucket is when it will be full again. Each
 * request moves that on by its share of the refill; one that would move it further ahead than a whole refill is refused.
 */
export function decideRequest(fullAt: number, now: number, { burst, refillMs }: Allowance): RequestDecision {
  const shareMs = refillMs / burst;
  const from = Math.max(fullAt, now);
  const next = from + shareMs;
  const excess = next - now - refillMs;
  // A share is seldom a whole number: the last of a burst must not fail by a rounding error.
  if (excess > roundingMs) return { isAllowed: false, fullAt: from, remaining: 0, waitMs: excess };
  const remaining = Math.max(0, Math.floor((-excess + roundingMs) / shareMs));
  return { isAllowed: true, fullAt: next, remaining, waitMs: next - now };
}

const roundingMs = 0.001;
