import { type CanaryKey, canaryKey, domainServices, type UpstreamKey, upstreamKey } from "@kismet/contracts";
import { NatsSettings, ProcessSettings, proxyAddress, RedisSettings } from "@kismet/service-kit";
import { type Static, Type } from "typebox";

/** Addresses of the instances of one service. */
const Upstream = Type.Array(Type.String({ pattern: "^https?://[^/]+$", maxLength: 300 }), {
  minItems: 1,
  maxItems: 64,
});

const Canary = Type.Array(Type.String({ pattern: "^https?://[^/]+$", maxLength: 300 }), {
  maxItems: 64,
  default: [],
});

const UpstreamSettings = Object.fromEntries(
  domainServices.map((service) => [upstreamKey(service), Upstream]),
) as Record<UpstreamKey, typeof Upstream>;

/** Addresses of the instances of its canary, if it has one. */
const CanarySettings = Object.fromEntries(
  domainServices.map((service) => [canaryKey(service), Canary]),
) as Record<CanaryKey, typeof Canary>;

export const Config = Type.Object({
  ...ProcessSettings,
  ...NatsSettings,
  ...RedisSettings,
  /** Proxies before the gateway; without any, `x-forwarded-for` is what a client made up. */
  trustedProxies: Type.Array(proxyAddress, { maxItems: 32, default: [] }),
  ...UpstreamSettings,
  ...CanarySettings,
  /** Origins of the web apps. */
  corsOrigins: Type.Array(Type.String({ pattern: "^https?://[^/]+$", maxLength: 300 }), {
    maxItems: 64,
    default: [],
  }),
  /** A turn of the event loop that takes longer is too full: what else comes in it is refused. */
  shedAfterMs: Type.Integer({ minimum: 20, maximum: 60_000, default: 80 }),
  /** How much longer than at their best a service's answers may take before it is asked less at once. */
  shedQueueMs: Type.Integer({ minimum: 10, maximum: 60_000, default: 100 }),
  /**
   * A client that takes nothing of what is written to it for this long, or for up to twice as long, is cut off. It is seen to take
   * something when the kernel can take more, which is when a third of what it holds has gone, a megabyte at most: at a pace
   * below 20 kB/s a long answer may seem to stand still.
   */
  stalledReaderMs: Type.Integer({ minimum: 100, maximum: 300_000, default: 30_000 }),
  /** WebSockets open at a time: each takes two file handles and about 20 kB. */
  maxSockets: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 20_000 }),
  /** Of them, from one address (IPv6: /64), which may be a whole mobile network behind one NAT. */
  maxSocketsPerAddress: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1_000 }),
  /** The share of requests that is traced, if an exporter is configured. In production a hundredth says enough. */
  traceSample: Type.Number({ minimum: 0, maximum: 1, default: 1 }),
  /** Multiplies every rate limit. */
  limitScale: Type.Number({ minimum: 0.01, maximum: 1_000_000, default: 1 }),
});
export type Config = Static<typeof Config>;
