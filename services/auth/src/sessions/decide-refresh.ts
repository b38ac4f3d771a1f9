export type RefreshFacts = {
  /** Of the token that was presented, which is genuine. */
  presented: number;
  current: number;
  rotatedAt: Date;
  expiresAt: Date;
  endedAt: Date | null;
};

/** `repeat`: the answer was lost, give it again. `reuse`: somebody else has a token of this session. */
export type RefreshDecision = "rotate" | "repeat" | "reuse" | "over";

/** The clocks of two instances differ by less. A clock that was set back by more makes no time in which an old token is good. */
const skewMs = 5_000;

/**
 * A refresh token is good once (RFC 9700, 4.14.2). The one before the current is forgiven for a moment: its answer may
 * have been lost, and as long as the current one was not used, nobody has gone on from there.
 */
export function decideRefresh(facts: RefreshFacts, now: Date, retryMs: number): RefreshDecision {
  const { presented, current, rotatedAt, expiresAt, endedAt } = facts;
  if (endedAt || expiresAt <= now) return "over";
  if (presented === current) return "rotate";
  const ageMs = now.getTime() - rotatedAt.getTime();
  if (presented === current - 1 && ageMs >= -skewMs && ageMs <= retryMs) return "repeat";
  return presented < current ? "reuse" : "over";
}
