import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { Type } from "typebox";
import { connectionUrl, secret } from "./secret.ts";

/** An address or a range, `10.0.0.0/8`. */
export const proxyAddress = Type.String({
  pattern: "^[0-9a-fA-F:.]+(/[0-9]{1,3})?$",
  minLength: 2,
  maxLength: 64,
});

/** Of every process. */
export const ProcessSettings = {
  env: Type.Enum(["development", "test", "production"]),
  logLevel: Type.Enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], { default: "info" }),
  /** Share of successful requests that the access log keeps, by trace, so that all services keep the same ones. */
  accessLogSample: Type.Number({ minimum: 0, maximum: 1, default: 1 }),
  host: Type.String({ minLength: 1, maxLength: 253, default: "127.0.0.1" }),
  /** 0 takes a free one. */
  port: Type.Integer({ minimum: 0, maximum: 65_535 }),
  opsPort: Type.Integer({ minimum: 0, maximum: 65_535 }),
  /** Whose `x-forwarded-for` is believed: the gateway's, or what stands before it. */
  trustedProxies: Type.Array(proxyAddress, {
    maxItems: 32,
    default: ["127.0.0.1", "::1"],
  }),
  /** How long a client may take for the head of a request, and for all of it. */
  headersTimeoutMs: Type.Integer({ minimum: 100, maximum: 60_000, default: 10_000 }),
  requestTimeoutMs: Type.Integer({ minimum: 100, maximum: 300_000, default: 30_000 }),
  /** Shorter than what the orchestrator waits before it kills. */
  shutdownMs: Type.Integer({ minimum: 100, maximum: 120_000, default: 8_000 }),
  instanceId: Type.String({
    pattern: "^[A-Za-z0-9._-]+$",
    minLength: 1,
    maxLength: 100,
    default: `${hostname().slice(0, 60)}-${randomUUID().slice(0, 8)}`.replaceAll(/[^A-Za-z0-9._-]/g, "-"),
  }),
};

export const DatabaseSettings = {
  databaseUrl: connectionUrl(["postgres:", "postgresql:"]),
  databasePoolSize: Type.Integer({ minimum: 1, maximum: 200, default: 10 }),
  /** A query that takes longer is logged with its normalised text. */
  slowQueryMs: Type.Integer({ minimum: 1, maximum: 60_000, default: 200 }),
};

export const NatsSettings = {
  natsUrl: connectionUrl(["nats:", "tls:"]),
  /** Copies of each stream: 3 in a cluster. */
  natsReplicas: Type.Integer({ minimum: 1, maximum: 5, default: 1 }),
};

export const CustodySettings = {
  /** Derives the key with which this service signs what it has erased. */
  receiptSecret: secret(),
};

export const RedisSettings = {
  redisUrl: connectionUrl(["redis:", "rediss:"]),
};
