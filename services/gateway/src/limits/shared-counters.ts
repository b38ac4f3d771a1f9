import type { Logger } from "@kismet/service-kit";
import type { Redis } from "ioredis";

/** How stale one instance's view of the others' counts may be: what each may let through beyond a limit. */
const syncEveryMs = 100;
/** About 10 MB; past it the oldest keys begin anew, which favours the caller. */
const maxKeys = 100_000;
/** Bounds one exchange with Redis; the rest follows in the next. */
const maxBatch = 5_000;

type Counter = { window: number; total: number; unsent: number };

/**
 * Counts by key and window in this process, and adds the counts of all instances up in Redis in the background. A
 * request never waits for Redis (one round trip for each would cost more than the rest of the gateway), and while it is
 * away each instance limits by what it has seen itself.
 */
export class SharedCounters {
  readonly #redis: Redis;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #counters = new Map<string, Counter>();
  #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #syncing = false;

  constructor(redis: Redis, logger: Logger, now: () => number = Date.now) {
    this.#redis = redis;
    this.#logger = logger;
    this.#now = now;
  }

  start(): void {
    this.#timer = setInterval(() => void this.sync(), syncEveryMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.sync();
  }

  /** Counts one and gives the count of the current window, with how long that window lasts. */
  increment(key: string, windowMs: number): { current: number; ttl: number } {
    const now = this.#now();
    const window = Math.floor(now / windowMs);
    let counter = this.#counters.get(key);
    if (!counter || counter.window !== window) {
      if (!counter) this.#makeRoom();
      counter = { window, total: 0, unsent: 0 };
      this.#counters.set(key, counter);
    }
    counter.total += 1;
    counter.unsent += 1;
    this.#changed.add(key);
    return { current: counter.total, ttl: (window + 1) * windowMs - now };
  }

  async sync(): Promise<void> {
    if (this.#syncing || this.#changed.size === 0 || this.#redis.status !== "ready") return;
    this.#syncing = true;
    const batch = [...this.#changed].slice(0, maxBatch);
    for (const key of batch) this.#changed.delete(key);
    try {
      await this.#send(batch);
    } catch (error) {
      // Kept for the next time: what this instance has counted is not lost.
      for (const key of batch) this.#changed.add(key);
      this.#logger.debug({ err: error }, "rate limits are local for now");
    } finally {
      this.#syncing = false;
    }
  }

  async #send(keys: string[]): Promise<void> {
    const pipeline = this.#redis.pipeline();
    const sent: { counter: Counter; added: number }[] = [];
    for (const key of keys) {
      const counter = this.#counters.get(key);
      if (!counter || counter.unsent === 0) continue;
      const name = `limit:${key}:${counter.window}`;
      pipeline.incrby(name, counter.unsent);
      pipeline.expire(name, 120);
      sent.push({ counter, added: counter.unsent });
    }
    const results = (await pipeline.exec()) ?? [];
    sent.forEach(({ counter, added }, i) => {
      const [error, sum] = results[i * 2] ?? [new Error("no answer")];
      if (error) throw error;
      counter.unsent -= added;
      // What has been counted here since is not in the sum yet.
      counter.total = Number(sum) + counter.unsent;
    });
  }

  #makeRoom(): void {
    if (this.#counters.size < maxKeys) return;
    const oldest = this.#counters.keys().next().value;
    if (oldest !== undefined) this.#counters.delete(oldest);
  }
}
