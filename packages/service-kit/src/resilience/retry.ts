import { setTimeout as delay } from "node:timers/promises";
import { currentContext } from "../context/request-context.ts";

export type RetryOptions = {
  /** The first one included. */
  attempts: number;
  baseMs: number;
  maxMs: number;
  random?: () => number;
  shouldRetry?: (error: unknown, attempt: number) => boolean;
};

/**
 * Tries again after a wait drawn from zero to the exponentially growing bound ("full jitter": callers that failed
 * together do not come back together; https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/),
 * as long as the context's deadline leaves time for it.
 */
export async function retry<T>(
  work: (attempt: number) => Promise<T>,
  { attempts, baseMs, maxMs, random = Math.random, shouldRetry = () => true }: RetryOptions,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt >= attempts || !shouldRetry(error, attempt)) throw error;
      const waitMs = random() * Math.min(maxMs, baseMs * 2 ** (attempt - 1));
      const remainingMs = currentContext()?.deadline.remainingMs() ?? Number.POSITIVE_INFINITY;
      if (waitMs >= remainingMs) throw error;
      await delay(waitMs);
    }
  }
}
