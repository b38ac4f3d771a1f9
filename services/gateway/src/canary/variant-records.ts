import type { Attempt } from "./count-attempts.ts";
import { latencyBounds, type VariantRecord } from "./decide-rollback.ts";
import type { Variant } from "./decide-variant.ts";

/** What is older than two of these is forgotten: a canary that was bad an hour ago may have been mended. */
const periodMs = 30_000;
/** A split that has just begun finds connections that are not open yet, and code that is not compiled. */
const settlingMs = 1_000;

type Counts = { requests: number; errors: number; latencies: number[] };

const empty = (): Counts => ({
  requests: 0,
  errors: 0,
  latencies: Array.from({ length: latencyBounds.length + 1 }, () => 0),
});

/** What each variant of one service has done of late. */
export class VariantRecords {
  readonly #now: () => number;
  #current = { stable: empty(), canary: empty() };
  #before = { stable: empty(), canary: empty() };
  #since: number;
  /** What began before it is of another split, or of the settling of this one. */
  #countsFrom = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
    this.#since = now();
  }

  /** Times are of `performance.now()`. */
  add(variant: Variant, { isError, begunAt, latencyMs }: Attempt): void {
    if (begunAt < this.#countsFrom) return;
    if (this.#now() - this.#since > periodMs) {
      this.#before = this.#current;
      this.#current = { stable: empty(), canary: empty() };
      this.#since = this.#now();
    }
    const counts = this.#current[variant];
    counts.requests += 1;
    if (isError) counts.errors += 1;
    if (isError || latencyMs === undefined) return;
    const found = latencyBounds.findIndex((bound) => latencyMs <= bound);
    const index = found === -1 ? latencyBounds.length : found;
    counts.latencies[index] = (counts.latencies[index] ?? 0) + 1;
  }

  of(variant: Variant): VariantRecord {
    const [a, b] = [this.#current[variant], this.#before[variant]];
    return {
      requests: a.requests + b.requests,
      errors: a.errors + b.errors,
      latencies: a.latencies.map((count, i) => count + (b.latencies[i] ?? 0)),
    };
  }

  clear(): void {
    this.#countsFrom = performance.now() + settlingMs;
    this.#current = { stable: empty(), canary: empty() };
    this.#before = { stable: empty(), canary: empty() };
    this.#since = this.#now();
  }
}
