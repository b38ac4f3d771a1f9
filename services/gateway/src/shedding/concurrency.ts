import type { RouteTableEntry } from "@kismet/contracts";
import { Gauge, type Parts } from "@kismet/service-kit";
import type { Config } from "../config.ts";
import { concurrencyBounds, decideLimit, mayEnter, type Priority } from "./decide-shedding.ts";

const windowMs = 100;
/** The best latency of a route is that of the last one to two of these: services and their data change. */
const bestForMs = 30_000;

/** One request at a service. */
export type Visit = {
  /** Its answer has begun. One that was sent again says nothing of how fast the service is. */
  answered(isFirstTry: boolean): void;
  /** Whatever came of it; may be called more than once. */
  left(): void;
};

/** A route's requests, each of which may be refused: the service would only let it wait. */
export type Entrance = { enter(priority: Priority): Visit | undefined };

/** What is known of one service: how many requests it has, and may have. */
class Concurrency {
  limit = concurrencyBounds.initial;
  inFlight = 0;
  readonly #maxExcessMs: number;
  #begunAt = performance.now();
  #samples = 0;
  #excessMs = 0;
  #peak = 0;

  constructor(maxExcessMs: number) {
    this.#maxExcessMs = maxExcessMs;
  }

  enter(): void {
    this.inFlight += 1;
    if (this.inFlight > this.#peak) this.#peak = this.inFlight;
  }

  answered(now: number, excessMs: number): void {
    this.#samples += 1;
    this.#excessMs += excessMs;
    if (now - this.#begunAt < windowMs) return;
    const meanExcessMs = this.#excessMs / this.#samples;
    const window = { samples: this.#samples, meanExcessMs, peakInFlight: this.#peak };
    this.limit = decideLimit(this.limit, window, this.#maxExcessMs);
    this.#begunAt = now;
    this.#samples = 0;
    this.#excessMs = 0;
    this.#peak = this.inFlight;
  }
}

/** The lowest latency of late. */
class Best {
  #current = Number.POSITIVE_INFINITY;
  #before = Number.POSITIVE_INFINITY;
  #since = 0;

  excessOf(latencyMs: number, now: number): number {
    if (now - this.#since > bestForMs) {
      this.#before = this.#current;
      this.#current = Number.POSITIVE_INFINITY;
      this.#since = now;
    }
    if (latencyMs < this.#current) this.#current = latencyMs;
    return latencyMs - Math.min(this.#current, this.#before);
  }
}

/** Adaptive limits of what each service is asked at once, learned from how long its answers take to begin. */
export function createConcurrencyLimits(parts: Parts<Config>): {
  entranceOf(entry: RouteTableEntry, isExempt: () => boolean): Entrance;
} {
  const services = new Map<string, Concurrency>();
  new Gauge({
    name: "kismet_upstream_concurrency",
    help: "Requests at a service, and how many it may have",
    labelNames: ["upstream", "of"],
    registers: [parts.metrics],
    collect() {
      for (const [upstream, { inFlight, limit }] of services) {
        this.set({ upstream, of: "in_flight" }, inFlight);
        this.set({ upstream, of: "limit" }, limit);
      }
    },
  });

  return {
    entranceOf({ service, policy }, isExempt) {
      const concurrency = services.get(service) ?? new Concurrency(parts.config.shedQueueMs);
      services.set(service, concurrency);
      const best = new Best();
      // How long an upload takes to be answered is up to who sends it.
      const isMeasured = policy.limit !== "upload";
      return {
        enter(priority) {
          if (!mayEnter(concurrency.inFlight, concurrency.limit, priority) && !isExempt()) return undefined;
          concurrency.enter();
          const begin = performance.now();
          let isThere = true;
          const left = () => {
            if (isThere) concurrency.inFlight -= 1;
            isThere = false;
          };
          return {
            left,
            answered(isFirstTry) {
              const now = performance.now();
              if (isMeasured && isFirstTry) concurrency.answered(now, best.excessOf(now - begin, now));
              left();
            },
          };
        },
      };
    },
  };
}
