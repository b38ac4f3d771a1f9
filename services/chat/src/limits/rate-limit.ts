import { type Parts, RateLimited } from "@kismet/service-kit";
import type { Redis } from "ioredis";
import { SlidingWindow } from "./sliding-window.ts";

/** Throws RATE_LIMITED once a member has done something too often in the last minute. */
export type RateLimit = {
  take(memberId: string): Promise<void>;
  /** Of a member who is erased; what is counted here ends within the window. */
  forget(memberId: string): Promise<void>;
};

const windowMs = 60_000;
const maxMembersHere = 20_000;

/**
 * A log of the last `limit` times, newest first: if the oldest of them lies within the window, it is too soon. By the
 * clock of Redis, which is the same for all instances.
 */
const script = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local oldest = tonumber(redis.call('LINDEX', KEYS[1], limit - 1) or 0)
if oldest > now - window then return oldest + window - now end
redis.call('LPUSH', KEYS[1], now)
redis.call('LTRIM', KEYS[1], 0, limit - 1)
redis.call('PEXPIRE', KEYS[1], window)
return 0`;

/**
 * Counts first here, then with all other instances in Redis: a flood on one socket never gets as far as Redis, and
 * when that is away, what happens here still counts.
 */
export function createRateLimit(parts: Parts, redis: Redis, name: string, limit: number): RateLimit {
  const here = new SlidingWindow(limit, windowMs, maxMembersHere);

  const keyOf = (memberId: string) => `chat:${name}:${memberId}`;

  async function takeEverywhere(memberId: string): Promise<number> {
    try {
      return Number(await redis.eval(script, 1, keyOf(memberId), limit, windowMs));
    } catch (error) {
      parts.logger.debug({ err: error, limit: name }, "limit is counted in this instance only");
      return 0;
    }
  }

  return {
    async take(memberId) {
      const waitMs = here.take(memberId, parts.clock.now().getTime()) || (await takeEverywhere(memberId));
      if (waitMs > 0) throw new RateLimited(Math.ceil(waitMs / 1_000));
    },
    async forget(memberId) {
      await redis.del(keyOf(memberId));
    },
  };
}
