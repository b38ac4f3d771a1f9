import { setTimeout as delay } from "node:timers/promises";

/**
 * Calls `check` until it stops throwing and gives what it returned; past the deadline throws what it threw last.
 * The one place in the tests that waits by the clock.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 20_000, everyMs = 20 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() >= end) throw error;
      await delay(everyMs);
    }
  }
}

/** Runs `check` again and again for a while: for claims that something does not happen. */
export async function forAWhile(check: () => void | Promise<void>, durationMs: number): Promise<void> {
  const end = Date.now() + durationMs;
  do {
    await check();
    await delay(20);
  } while (Date.now() < end);
}
