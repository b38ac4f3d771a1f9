import CircuitBreaker from "opossum";
import { Counter, Gauge, type Registry } from "prom-client";
import { currentContext } from "../context/request-context.ts";
import { DeadlineExceeded, Unavailable } from "../errors/kit-errors.ts";
import { PublicError } from "../errors/public-error.ts";
import type { Parts } from "../lifecycle/parts.ts";
import { TimeoutError, withTimeout } from "./with-timeout.ts";

export type BreakerOptions = {
  /** How long one call may take; the deadline of the current context may be nearer. */
  timeoutMs: number;
  /** A call that the context's deadline cut off counts against the callee if it had at least this long. */
  countsAfterMs?: number;
  /** How long an open breaker refuses before it lets one call try. */
  resetMs?: number;
  /** Calls within ten seconds below which the breaker never opens. */
  minCalls?: number;
  /** Calls at the same time beyond which further ones are refused. */
  maxConcurrent?: number;
  /** Whether an error says nothing against the callee. By default those that a caller could have prevented. */
  isHarmless?: (error: unknown) => boolean;
};

export type Breaker<A extends unknown[], R> = { fire(...args: A): Promise<R>; isOpen(): boolean };

/** Long for a call inside a data centre. */
const slowMs = 1_000;

/** The caller's time was short, not the callee slow: says nothing against the callee. */
class CallerOutOfTime extends DeadlineExceeded {}

const states = { closed: 0, halfOpen: 1, open: 2 };

/**
 * Guards calls that leave the process: after failures it refuses at once with UNAVAILABLE, so that a callee in
 * trouble is left alone and callers don't pile up.
 */
export function createBreaker<A extends unknown[], R>(
  parts: Parts,
  name: string,
  call: (...args: A) => Promise<R>,
  {
    timeoutMs,
    countsAfterMs = Math.min(timeoutMs, slowMs),
    resetMs = 1_000,
    minCalls = 10,
    maxConcurrent = 1_000,
    isHarmless = isCallersFault,
  }: BreakerOptions,
): Breaker<A, R> {
  const { state, rejections } = breakerMetrics(parts.metrics);
  const guarded = (...args: A) => withinDeadline(() => call(...args), timeoutMs, name, countsAfterMs);
  const breaker: CircuitBreaker<A, R> = new CircuitBreaker(guarded, {
    name,
    // Timed here and not by opossum, since the deadline of the context counts too.
    timeout: false,
    errorThresholdPercentage: 50,
    volumeThreshold: minCalls,
    resetTimeout: resetMs,
    rollingCountTimeout: 10_000,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    // What is filtered out counts as a success. A call that lets a half-open breaker close must have been answered.
    errorFilter: (error) => isHarmless(error) || (error instanceof CallerOutOfTime && !breaker.halfOpen),
  });
  const report = (value: number, message: string) => () => {
    state.set({ name }, value);
    parts.logger.warn({ breaker: name }, message);
  };
  state.set({ name }, states.closed);
  breaker.on("open", report(states.open, "breaker opened"));
  breaker.on("halfOpen", report(states.halfOpen, "breaker lets one call try"));
  breaker.on("close", report(states.closed, "breaker closed"));
  parts.lifecycle.add({ name: `breaker ${name}`, stop: async () => breaker.shutdown() });

  const refuse = (cause?: unknown): never => {
    rejections.inc({ name });
    throw new Unavailable(cause, Math.ceil(resetMs / 1_000));
  };
  // Counted here and not by opossum, to which a call beyond the limit is a failure of the callee (and, if its filter
  // says otherwise, a success that would close a half-open breaker): a crowd says nothing for or against it.
  let running = 0;

  return {
    async fire(...args) {
      if (running >= maxConcurrent) refuse();
      running += 1;
      try {
        return await breaker.fire(...args);
      } catch (error) {
        return isRefusal(error) ? refuse(error) : Promise.reject(error);
      } finally {
        running -= 1;
      }
    },
    isOpen: () => breaker.opened,
  };
}

/** Runs a call for at most `timeoutMs`, and no longer than the context's deadline. */
export async function withinDeadline<T>(
  call: () => Promise<T>,
  timeoutMs: number,
  what: string,
  countsAfterMs = timeoutMs,
): Promise<T> {
  const remainingMs = currentContext()?.deadline.remainingMs() ?? timeoutMs;
  if (remainingMs <= 0) throw new CallerOutOfTime();
  try {
    return await withTimeout(call(), Math.min(timeoutMs, remainingMs), what);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    throw remainingMs < countsAfterMs ? new CallerOutOfTime(error) : new DeadlineExceeded(error);
  }
}

function isCallersFault(error: unknown): boolean {
  return error instanceof PublicError && error.status < 500;
}

/** Whether a failure says nothing against the callee: its caller could have prevented it, or had no time for an answer. */
export function isCallersAffair(error: unknown): boolean {
  return isCallersFault(error) || error instanceof CallerOutOfTime;
}

/** Opossum's own errors: open, shut down. */
function isRefusal(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "EOPENBREAKER" || code === "ESHUTDOWN";
}

function breakerMetrics(registry: Registry): { state: Gauge<"name">; rejections: Counter<"name"> } {
  const state = registry.getSingleMetric("kismet_breaker_state") as Gauge<"name"> | undefined;
  const rejections = registry.getSingleMetric("kismet_breaker_rejections_total") as
    Counter<"name"> | undefined;
  return {
    state:
      state ??
      new Gauge({
        name: "kismet_breaker_state",
        help: "0 closed, 1 half open, 2 open",
        labelNames: ["name"],
        registers: [registry],
      }),
    rejections:
      rejections ??
      new Counter({
        name: "kismet_breaker_rejections_total",
        help: "Calls that a breaker refused",
        labelNames: ["name"],
        registers: [registry],
      }),
  };
}
