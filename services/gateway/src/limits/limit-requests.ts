import rateLimit, { type FastifyRateLimitStore } from "@fastify/rate-limit";
import { type LimitClass, limitClasses } from "@kismet/contracts";
import {
  type App,
  Counter,
  createRedis,
  Gauge,
  type Parts,
  RateLimited,
  type RegisteredClient,
} from "@kismet/service-kit";
import type { FastifyReply, FastifyRequest } from "fastify";
import { appendHeader } from "../answers/append-header.ts";
import type { Config } from "../config.ts";
import { addressKey } from "./address-key.ts";
import { allowanceOf, type LimitedBy, limits } from "./limits.ts";
import { SharedBuckets } from "./shared-buckets.ts";

/** Of addresses that do not exist: who looks for them is looking for holes. */
const unknownAddressClass: LimitClass = "discovery";
/** Of those who were refused, for the log: each is told of once a minute. */
const maxTold = 1_000;
const toldForMs = 60_000;

type Limiter = ReturnType<App["createRateLimit"]>;
/** A limiter, and what `RateLimit-Policy` says of it: but for clients, of which each has its own, always the same. */
type Limit = { limiter: Limiter; name: string; policy: string | undefined };
type Limits = Record<LimitClass, Limit>;

export type RequestLimits = {
  /** Before the token is looked at: verifying it costs more than counting. */
  byAddress(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  byClient(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  byMember(request: FastifyRequest, reply: FastifyReply): Promise<void>;
};

/** Limits by address (IPv6 by /64), client and member, one bucket for each class of routes (A07, A37). */
export async function limitRequests(parts: Parts<Config>, app: App): Promise<RequestLimits> {
  const buckets = new SharedBuckets(createRedis(parts), parts.logger);
  parts.lifecycle.add({
    name: "rate limits",
    start: async () => buckets.start(),
    stop: () => buckets.stop(),
  });
  await app.register(rateLimit, { global: false, store: storeOver(buckets) });
  const { limitScale } = parts.config;
  const refused = createRefusals(parts);
  measure(parts, buckets);

  function limitsBy(by: Exclude<LimitedBy, "client">, idOf: (request: FastifyRequest) => string): Limits {
    return byClass((name) => {
      const { burst, refillMs } = allowanceOf(limits[name][by], limitScale);
      const limiter = app.createRateLimit({
        max: burst,
        timeWindow: refillMs,
        keyGenerator: (request) => `${name}:${by}:${idOf(request)}`,
      });
      return { limiter, name: `${name}-${by}`, policy: policyOf(`${name}-${by}`, burst, refillMs) };
    });
  }
  const ofAddress = limitsBy("address", ({ ip }) => addressKey(ip));
  const ofMember = limitsBy("member", ({ member }) => member.memberId);
  const ofClient = byClass((name): Limit => {
    const allowance = (request: FastifyRequest) =>
      allowanceOf(limits[name].client, limitScale * clientOf(request).limitFactor);
    const limiter = app.createRateLimit({
      max: (request) => allowance(request).burst,
      timeWindow: (request) => allowance(request).refillMs,
      keyGenerator: (request) => `${name}:client:${clientOf(request).clientId}`,
    });
    return { limiter, name: `${name}-client`, policy: undefined };
  });

  async function apply(
    all: Limits,
    by: LimitedBy,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const className = request.policy?.limit ?? unknownAddressClass;
    const { limiter, name, policy } = all[className];
    const result = await limiter(request);
    if (result.isAllowed) return;
    const { max, timeWindow, remaining, ttlInSeconds, isExceeded } = result;
    // Of draft-ietf-httpapi-ratelimit-headers-11: lists, with an item for each limit that a request draws from.
    appendHeader(reply, "ratelimit-policy", policy ?? policyOf(name, max, timeWindow));
    appendHeader(reply, "ratelimit", `"${name}";r=${remaining};t=${ttlInSeconds}`);
    if (!isExceeded) return;
    refused({ class: className, by }, result.key);
    throw new RateLimited(ttlInSeconds);
  }

  return {
    byAddress: (request, reply) => apply(ofAddress, "address", request, reply),
    byClient: (request, reply) => apply(ofClient, "client", request, reply),
    byMember: (request, reply) => apply(ofMember, "member", request, reply),
  };
}

function policyOf(name: string, burst: number, refillMs: number): string {
  return `"${name}";q=${burst};w=${Math.round(refillMs / 1_000)}`;
}

function clientOf(request: FastifyRequest): RegisteredClient {
  const { client } = request.requestContext;
  if (!client) throw new Error("no client is known of this request");
  return client;
}

/** Counts refusals (A47), and tells in the log who it is, once a minute: a metric can't name everybody. */
function createRefusals(parts: Parts): (labels: { class: LimitClass; by: LimitedBy }, key: string) => void {
  const counter = new Counter({
    name: "kismet_rate_limited_total",
    help: "Requests refused by a rate limit",
    labelNames: ["class", "by"],
    registers: [parts.metrics],
  });
  const told = new Set<string>();
  let toldSince = 0;
  return (labels, key) => {
    counter.inc(labels);
    const now = performance.now();
    if (now - toldSince > toldForMs) {
      told.clear();
      toldSince = now;
    }
    if (told.has(key) || told.size >= maxTold) return;
    told.add(key);
    parts.logger.info({ ...labels, limited: key }, "over a rate limit");
  };
}

function byClass<T>(make: (name: LimitClass) => T): Record<LimitClass, T> {
  return Object.fromEntries(limitClasses.map((name) => [name, make(name)])) as Record<LimitClass, T>;
}

/** What @fastify/rate-limit wants to know of a window that ends at once, said of a bucket. */
function storeOver(buckets: SharedBuckets): new () => FastifyRateLimitStore {
  return class Store implements FastifyRateLimitStore {
    incr: FastifyRateLimitStore["incr"] = (key, callback, refillMs = 0, burst = 0) => {
      const { isAllowed, remaining, waitMs } = buckets.take(key, { burst, refillMs });
      callback(null, { current: isAllowed ? burst - remaining : burst + 1, ttl: waitMs });
    };

    child(): Store {
      return this;
    }
  };
}

function measure({ metrics }: Parts, buckets: SharedBuckets): void {
  new Gauge({
    name: "kismet_limit_buckets",
    help: "Buckets of rate limits here, and how many of them Redis is still to be told of",
    labelNames: ["of"],
    registers: [metrics],
    collect() {
      const { known, untold } = buckets.held;
      this.set({ of: "known" }, known);
      this.set({ of: "untold" }, untold);
    },
  });
}
