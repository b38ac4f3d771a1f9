/** What is known of one account, or of one address, or of everybody. */
export type GuessCounter = { failures: number; failedAt: Date; closedUntil: Date };

/** `free` wrong ones cost nothing; after them each wait is twice the one before. One is forgotten in each `forgetMs`. */
export type GrowingDelay = {
  kind: "growing";
  free: number;
  firstMs: number;
  maxMs: number;
  forgetMs: number;
};
/** As many wrong ones in a minute, whoever guesses, and so many more at once. */
export type SteadyRate = { kind: "steady"; perMinute: number; burst: number };
export type GuessRule = GrowingDelay | SteadyRate;

const minuteMs = 60_000;
/** Of a counter that closes nothing. Not the moment itself: another instance's clock may be a little behind. */
export const open = new Date(0);

/**
 * Counts a guess as wrong before it is looked at, so that guesses made at once are counted like guesses made in turn;
 * who was right is forgiven afterwards. Refused with the time to wait.
 */
export function decideGuess(
  counter: GuessCounter,
  rule: GuessRule,
  now: Date,
): { waitMs: number } | { next: GuessCounter } {
  return rule.kind === "growing" ? decideGrowing(counter, rule, now) : decideSteady(counter, rule, now);
}

/** Takes back one; all, if it was right and the counter is that of what was guessed at. */
export function forgiveGuess(counter: GuessCounter, rule: GuessRule, now: Date, all: boolean): GuessCounter {
  if (rule.kind === "steady") {
    return { ...counter, closedUntil: new Date(counter.closedUntil.getTime() - minuteMs / rule.perMinute) };
  }
  return { ...counter, failures: all ? 0 : Math.max(0, counter.failures - 1), closedUntil: open };
}

function decideGrowing(counter: GuessCounter, rule: GrowingDelay, now: Date) {
  const at = now.getTime();
  const waitMs = counter.closedUntil.getTime() - at;
  // More than any wait there is: the clock was set back.
  if (waitMs > 0 && waitMs <= rule.maxMs) return { waitMs };
  const forgotten = Math.max(0, Math.floor((at - counter.failedAt.getTime()) / rule.forgetMs));
  const failures = Math.max(0, counter.failures - forgotten) + 1;
  const beyond = failures - rule.free;
  const closedMs = beyond <= 0 ? 0 : Math.min(rule.maxMs, rule.firstMs * 2 ** Math.min(beyond - 1, 30));
  const closedUntil = closedMs === 0 ? open : new Date(at + closedMs);
  return { next: { failures, failedAt: now, closedUntil } };
}

/** GCRA: `closedUntil` is when the next would be due if they came evenly. */
function decideSteady(counter: GuessCounter, rule: SteadyRate, now: Date) {
  const at = now.getTime();
  const intervalMs = minuteMs / rule.perMinute;
  const stored = counter.closedUntil.getTime();
  // Further ahead than it can get: the clock was set back.
  const due = stored - at > (rule.burst + 1) * intervalMs ? at : Math.max(stored, at);
  const waitMs = due - at - rule.burst * intervalMs;
  if (waitMs > 0) return { waitMs };
  return { next: { failures: 0, failedAt: now, closedUntil: new Date(due + intervalMs) } };
}
