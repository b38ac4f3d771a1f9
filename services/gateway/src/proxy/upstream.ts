import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { createBreaker, currentContext, type Gauge, type Parts } from "@kismet/service-kit";
import { Pool } from "undici";
import { restartPatienceMs, wasCutOff, wasNeverSent } from "./failures.ts";
import type { Relay } from "./relay.ts";

/** Enough for the concurrency of one instance; beyond it requests wait for a free one. */
const connectionsPerAddress = 128;
const connectTimeoutMs = 1_000;
/** Below the 65 s after which services close idle connections: the side that reuses must be the first to let go. */
const keepAliveMs = 30_000;
/** How long an address that failed or is draining is passed over while there are others. */
const avoidedForMs = 1_000;
/** Short: with a breaker open, each of these lets one request look whether the upstream is back. */
const breakerResetMs = 250;
const breakerCallLimitMs = 120_000;
const maxConcurrent = 2_000;
/** Answers that end a connection because of what was sent over it, whoever answers. */
const endsWithRequest = new Set([400, 408, 413, 431]);

export type UpstreamRequest = {
  method: string;
  /** With the query. */
  path: string;
  /** Name by value. */
  headers: readonly string[];
  body: Buffer | Readable | null;
  /** Of this attempt. */
  traceparent: string;
};

function isDraining(status: number, { connection }: IncomingHttpHeaders): boolean {
  return connection === "close" && !endsWithRequest.has(status);
}

type Address = { url: string; pool: Pool; avoidUntil: number };

/** The instances of one service: round robin over those that answer, a breaker over all of them. */
export type Upstream = {
  /** Resolves once the answer has begun; the relay then carries the rest of it. */
  send(request: UpstreamRequest, relay: Relay): Promise<void>;
  /** The next address to try, for connections that are no requests. */
  nextUrl(): string;
  /** What was said to one: 101 is yes. */
  reportAnswer(status: number): void;
  /** Nothing was. */
  reportFailure(url: string): void;
  isRestarting(): boolean;
  close(): Promise<void>;
};

const now = () => performance.now();

export function createUpstream(
  parts: Parts,
  name: string,
  urls: readonly string[],
  up: Gauge<"upstream">,
): Upstream {
  const addresses: Address[] = urls.map((url) => ({
    url,
    avoidUntil: 0,
    pool: new Pool(url, {
      connections: connectionsPerAddress,
      pipelining: 1,
      connect: { timeout: connectTimeoutMs },
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
    }),
  }));
  let turn = 0;
  let wasUp: boolean | undefined;
  /** Since when no address has taken a connection. */
  let refusingSince: number | undefined;

  function nextAddress(): Address {
    const at = now();
    for (let i = 0; i < addresses.length; i += 1) {
      const address = addresses[(turn + i) % addresses.length];
      if (address && address.avoidUntil <= at) {
        turn = (turn + i + 1) % addresses.length;
        return address;
      }
    }
    // All have failed lately: perhaps the one that failed first is back.
    return addresses.reduce((a, b) => (b.avoidUntil < a.avoidUntil ? b : a));
  }

  function isUp(value: boolean): void {
    if (value) refusingSince = undefined;
    if (value === wasUp) return;
    wasUp = value;
    up.set({ upstream: name }, value ? 1 : 0);
  }

  function failed(address: Address, error: unknown): void {
    if (!wasNeverSent(error) && !wasCutOff(error)) return;
    address.avoidUntil = now() + avoidedForMs;
    if (addresses.every((each) => each.avoidUntil > now())) refusingSince ??= now();
    isUp(false);
  }

  async function send(
    { method, path, headers, body, traceparent }: UpstreamRequest,
    relay: Relay,
  ): Promise<void> {
    const address = nextAddress();
    const remainingMs = currentContext()?.deadline.remainingMs() ?? breakerCallLimitMs;
    // In whole seconds, so that connections can keep their timers: the deadline itself is kept by the breaker.
    const timeoutMs = Math.ceil(remainingMs / 1_000) * 1_000;
    try {
      address.pool.dispatch(
        {
          method: method as "GET",
          path,
          // The deadline of this attempt: waiting for it has used time up.
          headers: [...headers, "traceparent", traceparent, "x-deadline-ms", String(remainingMs)],
          body,
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
        },
        relay,
      );
      const answered = await relay.started;
      // An instance that drains says so with its answers: the next request goes elsewhere, if there is an elsewhere.
      address.avoidUntil = isDraining(relay.status, answered) ? now() + avoidedForMs : 0;
      isUp(true);
    } catch (error) {
      failed(address, error);
      throw error;
    }
  }

  const breaker = createBreaker(parts, `upstream ${name}`, send, {
    timeoutMs: breakerCallLimitMs,
    countsAfterMs: 1_000,
    resetMs: breakerResetMs,
    maxConcurrent,
  });

  return {
    send: (request, relay) => breaker.fire(request, relay),
    nextUrl: () => nextAddress().url,
    reportAnswer: () => isUp(true),
    reportFailure(url) {
      const address = addresses.find((each) => each.url === url);
      if (address) address.avoidUntil = now() + avoidedForMs;
    },
    isRestarting: () => refusingSince !== undefined && now() - refusingSince < restartPatienceMs,
    async close() {
      await Promise.all(addresses.map(({ pool }) => pool.destroy()));
    },
  };
}
