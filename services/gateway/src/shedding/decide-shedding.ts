import type { RouteTableEntry } from "@kismet/contracts";

/** What is refused first, and last. Health is not in it: it is never refused. */
export const priorities = ["low", "normal", "high"] as const;
export type Priority = (typeof priorities)[number];

/**
 * High is what costs somebody more than a moment if it fails: a session that can't be continued or ended, a payment that
 * is told of. Low is what an app asks for again by itself, and shows something old until then.
 */
export function priorityOf({ service, policy }: Pick<RouteTableEntry, "service" | "policy">): Priority {
  const { auth, limit, idempotent } = policy;
  if (auth === "webhook") return "high";
  if (
    service === "auth" &&
    ((limit === "credential" && idempotent) || (limit === "write" && auth === "member"))
  )
    return "high";
  return limit === "discovery" || (auth === "public" && limit === "read") ? "low" : "normal";
}

export type LoopState = {
  /** How long the event loop has been at its present turn. */
  runningMs: number;
  /** How long the one before took. */
  previousMs: number;
};

const loopShare: Record<Priority, number> = { low: 0.6, normal: 1, high: 2 };
/** A single long turn is a collection of garbage or a large answer, no flood: it is let pass up to this much. */
const loneTurns = 3;

/**
 * Whether a request is refused because the loop is late. What is read in one turn has waited for all of it, and its
 * answer waits for the next: work that is let in beyond `limitMs` a turn would only make everybody late.
 */
export function isLoopLate(
  { runningMs, previousMs }: LoopState,
  limitMs: number,
  priority: Priority,
): boolean {
  const limit = limitMs * loopShare[priority];
  return runningMs > limit * (previousMs > limit / 2 ? 1 : loneTurns);
}

const concurrencyShare: Record<Priority, number> = { low: 0.8, normal: 1, high: 1.25 };

export function mayEnter(inFlight: number, limit: number, priority: Priority): boolean {
  return inFlight < limit * concurrencyShare[priority];
}

export const concurrencyBounds = { initial: 200, least: 32, most: 2_000 };
const minSamples = 10;
const steepest = 0.5;
const gentlest = 0.9;

export type Window = { samples: number; meanExcessMs: number; peakInFlight: number };

/**
 * How many requests a service may have at once after it answered like this for a while: less by a part if they queue,
 * more by a step if it had all that it may and none did (additive increase, multiplicative decrease, as TCP does; the
 * queue is estimated by the excess over the best latency, as Envoy's and Netflix's limiters do).
 */
export function decideLimit(
  limit: number,
  { samples, meanExcessMs, peakInFlight }: Window,
  /** How much longer than at their best answers may take on average: the time that they wait in a queue somewhere. */
  maxExcessMs: number,
): number {
  const { least, most } = concurrencyBounds;
  if (samples < minSamples) return limit;
  if (meanExcessMs > maxExcessMs) {
    const factor = Math.min(gentlest, Math.max(steepest, maxExcessMs / meanExcessMs));
    return Math.max(least, Math.floor(limit * factor));
  }
  const isUsed = peakInFlight >= limit * concurrencyShare.low * 0.9;
  return isUsed ? Math.min(most, limit + Math.ceil(Math.sqrt(limit))) : limit;
}
