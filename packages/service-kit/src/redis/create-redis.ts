import { type Command, Redis } from "ioredis";
import type { Static } from "typebox";
import { Type } from "typebox";
import { RedisSettings } from "../configuration/settings.ts";
import { Unavailable } from "../errors/kit-errors.ts";
import type { Parts } from "../lifecycle/parts.ts";
import { createBreaker } from "../resilience/breaker.ts";

const RedisConfig = Type.Object(RedisSettings);

/** Redis answers in a fraction of a millisecond; who waits longer is better off without it. */
const commandTimeoutMs = 500;
const maxReconnectDelayMs = 1_000;

/**
 * A client that fails fast: no queue while the connection is away, a limit on each command, a breaker over all of
 * them. It connects in the background for ever: a service starts, and serves what it can, without Redis.
 */
export function createRedis(parts: Parts<Static<typeof RedisConfig>>): Redis {
  const redis = new GuardedRedis(parts.config.redisUrl, {
    lazyConnect: true,
    enableOfflineQueue: false,
    commandTimeout: commandTimeoutMs,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 1,
    retryStrategy: (attempt) => Math.min(maxReconnectDelayMs, 50 * attempt),
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  });
  redis.guardWith(
    createBreaker(parts, "redis", (send: () => Promise<unknown>) => send(), {
      timeoutMs: commandTimeoutMs * 2,
      isHarmless: (error) => (error as { name?: string }).name === "ReplyError",
    }),
  );
  let lastError = "";
  redis.on("error", (error: Error) => {
    // The same failure comes with each attempt to reconnect: said once.
    if (error.message !== lastError) parts.logger.warn({ err: error }, "redis connection failed");
    lastError = error.message;
  });
  redis.on("ready", () => (lastError = ""));
  parts.health.add("redis", async () => void (await redis.ping()), { required: false });
  parts.lifecycle.add({
    name: "redis",
    start: async () => {
      redis.connect().then(undefined, (error: unknown) => {
        parts.logger.debug({ err: error }, "redis is not there yet");
      });
    },
    stop: async () => redis.disconnect(),
  });
  return redis;
}

/** There is no connection on which even a handshake could be said. */
const away = new Set(["wait", "connecting", "reconnecting", "close", "end"]);

type Guard = ReturnType<typeof createBreaker<[() => Promise<unknown>], unknown>>;

class GuardedRedis extends Redis {
  #guard: Guard | undefined;

  guardWith(guard: Guard): void {
    this.#guard = guard;
  }

  /** Every command of every kind passes here, scripts and pipelines included. */
  override sendCommand(command: Command, stream?: Parameters<Redis["sendCommand"]>[1]): unknown {
    if (away.has(this.status)) {
      command.reject(new Unavailable(new Error(`redis is not connected (${this.status})`)));
      return command.promise;
    }
    const isHandshake = this.status !== "ready";
    if (isHandshake || !this.#guard) return super.sendCommand(command, stream);
    this.#guard
      .fire(() => super.sendCommand(command, stream) as Promise<unknown>)
      .then(undefined, (error: unknown) => {
        // Already settled unless the breaker refused to send it.
        command.reject(asUnavailable(error));
      });
    return translated(command.promise);
  }
}

/** A command that timed out or lost its connection, in the words of this system; what Redis refused stays as it is. */
function translated(answer: Promise<unknown>): Promise<unknown> {
  const translation = answer.catch((error: unknown) => {
    throw (error as { name?: string }).name === "ReplyError" ? error : asUnavailable(error);
  });
  // A pipeline waits for its commands, and not for this.
  translation.catch(() => undefined);
  return translation;
}

function asUnavailable(error: unknown): Unavailable {
  return error instanceof Unavailable ? error : new Unavailable(error);
}
