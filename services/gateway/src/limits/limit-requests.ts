import rateLimit, { type FastifyRateLimitStore, normalizeIP } from "@fastify/rate-limit";
import { type LimitClass, limitClasses } from "@kismet/contracts";
import { type App, Counter, createRedis, type Parts, RateLimited } from "@kismet/service-kit";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "../config.ts";
import { limits, limitWindowMs } from "./limits.ts";
import { SharedCounters } from "./shared-counters.ts";

/** Of addresses that do not exist: who looks for them is looking for holes. */
const unknownAddressClass: LimitClass = "discovery";

/** What one household gets; its hosts change the rest at will. */
const ipv6Subnet = 64;

type Limiter = ReturnType<App["createRateLimit"]>;
export type RequestLimits = {
  /** Before the token is looked at: verifying it costs more than counting. */
  byAddress(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  byMember(request: FastifyRequest, reply: FastifyReply): Promise<void>;
};

/** Limits by address (IPv6 by /64) and by member, one bucket for each class of routes. */
export async function limitRequests(parts: Parts<Config>, app: App): Promise<RequestLimits> {
  const redis = createRedis(parts);
  const counters = new SharedCounters(redis, parts.logger, () => parts.clock.now().getTime());
  parts.lifecycle.add({
    name: "rate limits",
    start: async () => counters.start(),
    stop: () => counters.stop(),
  });
  await app.register(rateLimit, { global: false, store: storeOver(counters) });
  const { limitScale } = parts.config;
  const limiter = (max: number, keyGenerator: (request: FastifyRequest) => string): Limiter =>
    app.createRateLimit({
      max: Math.max(1, Math.round(max * limitScale)),
      timeWindow: limitWindowMs,
      keyGenerator,
    });
  const addressLimiters = byClass((name) =>
    limiter(limits[name].perAddress, ({ ip }) => `${name}:${normalizeIP(ip, ipv6Subnet)}`),
  );
  const memberLimiters = byClass((name) =>
    limiter(limits[name].perMember, ({ member }) => `${name}:${member.memberId}`),
  );
  const refused = new Counter({
    name: "kismet_rate_limited_total",
    help: "Requests refused by a rate limit",
    labelNames: ["class", "by"],
    registers: [parts.metrics],
  });

  async function apply(
    limiters: Record<LimitClass, Limiter>,
    by: "address" | "member",
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const name = request.routeOptions.config.policy?.limit ?? unknownAddressClass;
    const result = await limiters[name](request);
    if (result.isAllowed) return;
    // The tighter of the two, which comes last, is the one that a client sees.
    void reply.headers({
      "ratelimit-limit": result.max,
      "ratelimit-remaining": result.remaining,
      "ratelimit-reset": result.ttlInSeconds,
    });
    if (!result.isExceeded) return;
    refused.inc({ class: name, by });
    throw new RateLimited(result.ttlInSeconds);
  }

  return {
    byAddress: (request, reply) => apply(addressLimiters, "address", request, reply),
    byMember: (request, reply) => apply(memberLimiters, "member", request, reply),
  };
}

function byClass<T>(make: (name: LimitClass) => T): Record<LimitClass, T> {
  return Object.fromEntries(limitClasses.map((name) => [name, make(name)])) as Record<LimitClass, T>;
}

function storeOver(counters: SharedCounters): new () => FastifyRateLimitStore {
  return class Store implements FastifyRateLimitStore {
    incr: FastifyRateLimitStore["incr"] = (key, callback, windowMs) => {
      callback(null, counters.increment(key, windowMs));
    };

    child(): Store {
      return this;
    }
  };
}
