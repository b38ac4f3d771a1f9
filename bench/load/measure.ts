import { setTimeout as delay } from "node:timers/promises";
import { cpuTimeMs } from "../system/cpu-time.ts";

/** How a load is put on: `workers` operations at a time, for as long as is said. */
export type LoadShape = {
  workers: number;
  warmMs: number;
  /** Goes on warming until so many have ended, if that is sooner than so many ms. */
  warmUp?: { operations: number; withinMs: number };
  measureMs: number;
  /** Operations a second, over all workers; without it each begins anew as soon as it has ended. */
  rate?: number;
  /** Processes whose CPU time is to be told, by name. */
  pids: Record<string, number>;
};

export type LoadResult = {
  operations: number;
  seconds: number;
  errors: number;
  firstError?: string;
  /** Of single operations, in ms. */
  p50: number;
  p99: number;
  /** Used by each process while it was measured; this process is `client`. */
  cpuMs: Record<string, number | null>;
  /** On the monotonic clock of the machine, in microseconds. */
  window: { fromUs: number; toUs: number };
};

/** Longer than any operation may take: a load that hangs is an error, not an endless bench. */
const settleMs = 10_000;

/** One load after the other, over the same connections. */
export async function measureAll(
  shapes: readonly LoadShape[],
  operation: (worker: number) => Promise<void>,
): Promise<LoadResult[]> {
  const results: LoadResult[] = [];
  for (const shape of shapes) results.push(await measure(shape, operation));
  return results;
}

async function measure(shape: LoadShape, operation: (worker: number) => Promise<void>): Promise<LoadResult> {
  const load = new Load(shape, operation);
  const workers = Promise.all(Array.from({ length: shape.workers }, (_, worker) => load.work(worker)));
  await delay(shape.warmMs);
  const warmUntil = performance.now() + (shape.warmUp?.withinMs ?? 0);
  while (load.ended < (shape.warmUp?.operations ?? 0) && performance.now() < warmUntil) await delay(20);
  const before = load.begin();
  await delay(shape.measureMs);
  const result = load.end(before);
  const settled = await Promise.race([workers.then(() => true), delay(settleMs, false, { ref: false })]);
  if (!settled) throw new Error("operations did not come to an end");
  return result;
}

type Snapshot = { at: number; us: number; cpu: Record<string, number | null> };

class Load {
  readonly #shape: LoadShape;
  readonly #operation: (worker: number) => Promise<void>;
  readonly #startedAt = performance.now();
  /** Operations, measured or not. */
  ended = 0;
  #latencies: number[] = [];
  #isMeasuring = false;
  #isOver = false;
  #errors = 0;
  #firstError: string | undefined;

  constructor(shape: LoadShape, operation: (worker: number) => Promise<void>) {
    this.#shape = shape;
    this.#operation = operation;
  }

  async work(worker: number): Promise<void> {
    const { rate, workers } = this.#shape;
    const everyMs = rate === undefined ? 0 : (workers * 1_000) / rate;
    let due = this.#startedAt + (worker * everyMs) / workers;
    while (!this.#isOver) {
      let from = performance.now();
      if (rate !== undefined) {
        if (due > from) await delay(due - from);
        // Counted from when it was due if the one before was slow, so that slowness is not hidden by its own queue; not
        // if only the timer was late.
        from = due > from ? performance.now() : due;
        due += everyMs;
        if (this.#isOver) return;
      }
      await this.#run(worker, from);
    }
  }

  async #run(worker: number, from: number): Promise<void> {
    try {
      await this.#operation(worker);
      this.ended += 1;
      if (this.#isMeasuring) this.#latencies.push(performance.now() - from);
    } catch (error) {
      this.#errors += 1;
      this.#firstError ??= String(error);
      // What fails at once would otherwise be tried without a pause.
      await delay(10);
    }
  }

  begin(): Snapshot {
    this.#latencies = [];
    this.#isMeasuring = true;
    return this.#snapshot();
  }

  end(before: Snapshot): LoadResult {
    const after = this.#snapshot();
    this.#isMeasuring = false;
    this.#isOver = true;
    const sorted = this.#latencies.sort((a, b) => a - b);
    const at = (share: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
    const cpuMs: LoadResult["cpuMs"] = {};
    for (const [name, used] of Object.entries(after.cpu)) {
      const then = before.cpu[name] ?? null;
      cpuMs[name] = used === null || then === null ? null : used - then;
    }
    return {
      operations: sorted.length,
      seconds: (after.at - before.at) / 1_000,
      errors: this.#errors,
      ...(this.#firstError === undefined ? {} : { firstError: this.#firstError }),
      p50: at(0.5),
      p99: at(0.99),
      cpuMs,
      window: { fromUs: before.us, toUs: after.us },
    };
  }

  #snapshot(): Snapshot {
    const pids = { ...this.#shape.pids, client: process.pid };
    return {
      at: performance.now(),
      us: Number(process.hrtime.bigint() / 1_000n),
      cpu: Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuTimeMs(pid)])),
    };
  }
}
