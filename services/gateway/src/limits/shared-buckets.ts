import type { Logger } from "@kismet/service-kit";
import type { Redis } from "ioredis";
import { type Allowance, decideRequest, type RequestDecision } from "./decide-request.ts";
import { longestRefillMs } from "./limits.ts";

/** How old one instance's view of what the others let through may be; see docs/adr/edge-counts-locally.md. */
const syncEveryMs = 100;
/** About 10 MB; past it those that are full are forgotten, then the oldest, which favours the caller. */
const maxBuckets = 100_000;
/** How many are looked at, when there is no room, for one that is full. */
const sweepLength = 50;
/** A script keeps Redis from all else while it runs: about a millisecond for so many. */
const maxBatch = 500;
/** Of one round. Those who have waited longest are told of first; see the record for what that means for the overshoot. */
const maxBatches = 20;
/** No burst of all instances together reaches further: what does is from a clock that was set back. */
const furthestMs = 64 * longestRefillMs;

/**
 * Moves each bucket on by what an instance has let through, and tells how far ahead of Redis' own clock it then is:
 * clocks of instances may differ.
 */
const script = `
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local ahead = {}
for i, key in ipairs(KEYS) do
  local full = tonumber(redis.call('GET', key) or now)
  if full < now then full = now end
  if full > now + ${furthestMs} then full = now + ${furthestMs} end
  full = full + tonumber(ARGV[i])
  redis.call('SET', key, string.format('%.3f', full), 'PX', math.ceil(full - now) + 1000)
  ahead[i] = string.format('%.3f', full - now)
end
return ahead`;

type Bucket = {
  fullAt: number;
  /** What was let through here and Redis has not heard of, in ms of refill. */
  unsentMs: number;
};

/**
 * Buckets by key, decided on in this process; what was let through is added up in Redis in the background. A request
 * never waits for Redis (one round trip for each would cost more than the rest of the gateway), and while it is away each
 * instance limits by what it has seen itself.
 */
export class SharedBuckets {
  readonly #redis: Redis;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();
  /** Of these Redis is to be told; all of them have a bucket, so that one bound holds for both. */
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #syncing: Promise<void> | undefined;

  constructor(redis: Redis, logger: Logger, now: () => number = () => performance.now()) {
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

  take(key: string, allowance: Allowance): RequestDecision {
    const now = this.#now();
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      if (this.#buckets.size >= maxBuckets) this.#makeRoom(now);
      bucket = { fullAt: 0, unsentMs: 0 };
      this.#buckets.set(key, bucket);
    }
    const decision = decideRequest(bucket.fullAt, now, allowance);
    if (decision.isAllowed) {
      bucket.fullAt = decision.fullAt;
      bucket.unsentMs += allowance.refillMs / allowance.burst;
      this.#changed.add(key);
    }
    return decision;
  }

  /** How many buckets there are, and of how many Redis is still to be told something. */
  get held(): { known: number; untold: number } {
    return { known: this.#buckets.size, untold: this.#changed.size };
  }

  async sync(): Promise<void> {
    if (this.#changed.size === 0 || this.#redis.status !== "ready") return;
    this.#syncing ??= this.#sendAll().finally(() => (this.#syncing = undefined));
    await this.#syncing;
  }

  async #sendAll(): Promise<void> {
    try {
      for (let i = 0; i < maxBatches && this.#changed.size > 0; i += 1) await this.#sendSome();
    } catch (error) {
      this.#logger.debug({ err: error }, "rate limits are local for now");
    }
  }

  async #sendSome(): Promise<void> {
    const sent: { key: string; bucket: Bucket; ms: number }[] = [];
    const now = this.#now();
    for (const key of this.#changed) {
      if (sent.length === maxBatch) break;
      this.#changed.delete(key);
      const bucket = this.#buckets.get(key);
      if (!bucket) continue;
      // What has been refilled since is nobody's concern any more: after an outage no old debt is called in.
      const ms = Math.min(bucket.unsentMs, bucket.fullAt - now);
      bucket.unsentMs = 0;
      if (ms > 0) sent.push({ key, bucket, ms });
    }
    if (sent.length === 0) return;
    try {
      const ahead = (await this.#redis.eval(
        script,
        sent.length,
        ...sent.map(({ key }) => `limit:${key}`),
        ...sent.map(({ ms }) => ms.toFixed(3)),
      )) as string[];
      const heardAt = this.#now();
      for (const [i, { bucket }] of sent.entries())
        // What has been let through here meanwhile is not in it yet.
        bucket.fullAt = heardAt + Number(ahead[i]) + bucket.unsentMs;
    } catch (error) {
      // Kept for the next time: what this instance has let through is not lost.
      for (const { key, bucket, ms } of sent) {
        bucket.unsentMs += ms;
        // Unless it had to make room meanwhile.
        if (this.#buckets.get(key) === bucket) this.#changed.add(key);
      }
      throw error;
    }
  }

  #makeRoom(now: number): void {
    let looked = 0;
    for (const [key, { fullAt }] of this.#buckets) {
      if (fullAt <= now) this.#forget(key);
      looked += 1;
      if (looked === sweepLength) break;
    }
    if (this.#buckets.size < maxBuckets) return;
    const oldest = this.#buckets.keys().next().value;
    if (oldest !== undefined) this.#forget(oldest);
  }

  #forget(key: string): void {
    this.#buckets.delete(key);
    this.#changed.delete(key);
  }
}
