import { contextFromHeaders, type Parts, PublicError, runWithContext } from "@kismet/service-kit";

/** Asks as part of a request that has so much time left. */
export function within<T>(timeoutMs: number, work: () => Promise<T>): Promise<T> {
  // Awaited inside, since a statement that nobody has awaited yet has not begun and would do so outside the context.
  return runWithContext(
    contextFromHeaders(() => undefined, { timeoutMs }),
    async () => await work(),
  );
}

type Failure = { error: PublicError; code: string; status: number; afterMs: number };

/** The public error that the work ends with, and after how long. */
export async function failureOf(work: () => Promise<unknown>): Promise<Failure> {
  const begin = performance.now();
  try {
    await work();
  } catch (error) {
    if (!(error instanceof PublicError)) throw error;
    return { error, code: error.code, status: error.status, afterMs: performance.now() - begin };
  }
  throw new Error("it did not fail");
}

/** The sum of a metric's values under these labels. */
export async function metricOf(
  { metrics }: Parts,
  name: string,
  labels: Record<string, string> = {},
): Promise<number> {
  const found = await metrics.getSingleMetric(name)?.get();
  const values = found?.values ?? [];
  return values
    .filter((value) => Object.entries(labels).every(([label, wanted]) => value.labels[label] === wanted))
    .reduce((sum, { value }) => sum + value, 0);
}

/** A door that work waits at until it is opened. */
export function gate(): {
  open(): void;
  arrived: Promise<void>;
  wait(): Promise<void>;
} {
  const { promise: passed, resolve: open } = Promise.withResolvers<void>();
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  return {
    open,
    arrived,
    wait() {
      arrive();
      return passed;
    },
  };
}
