import { isDeepStrictEqual } from "node:util";
import { setTimeout as delay } from "node:timers/promises";

/** Something is not as it should be: what was expected, and what came instead. */
export class Unexpected extends Error {
  readonly expected: string;
  readonly came: string;

  constructor(expected: string, came: unknown) {
    super(`expected ${expected}, came ${show(came)}`);
    this.expected = expected;
    this.came = show(came);
  }
}

const pollMs = 20;
const shownCharacters = 1_500;

export function expect(holds: boolean, expected: string, came: unknown): void {
  if (!holds) throw new Unexpected(expected, came);
}

export function expectEqual(came: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(came, expected)) throw new Unexpected(`${what}: ${show(expected)}`, came);
}

/** Asks again until it is as it should be; what is not by then fails with what came last. */
export async function within<T>(
  timeoutMs: number,
  ask: () => Promise<T>,
  { everyMs = pollMs }: { everyMs?: number } = {},
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Unexpected)) throw error;
      if (performance.now() >= end)
        throw new Unexpected(`${error.expected} within ${timeoutMs} ms`, error.came);
      await delay(everyMs);
    }
  }
}

export function show(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}...` : text;
}
