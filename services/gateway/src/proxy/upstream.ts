import { createBreaker, currentContext, type Gauge, isTraced, type Parts } from "@kismet/service-kit";
import type { IncomingHttpHeaders } from "node:http";
import { type Dispatcher, Pool } from "undici";
import { restartPatienceMs, wasCutOff, wasNeverSent } from "./failures.ts";

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

type Address = { url: string; pool: Pool; avoidUntil: number };

/** The instances of one service: round robin over those that answer, a breaker over all of them. */
export type Upstream = {
  request(options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData>;
  /** The next address to try, for connections that are no requests. */
  nextUrl(): string;
  reportFailure(url: string): void;
  isRestarting(): boolean;
  close(): Promise<void>;
};

export function createUpstream(
  parts: Parts,
  name: string,
  urls: readonly string[],
  up: Gauge<"upstream">,
): Upstream {
  const now = () => performance.now();
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

  function failed(address: Address, error: unknown): void {
    if (!wasNeverSent(error) && !wasCutOff(error)) return;
    address.avoidUntil = now() + avoidedForMs;
    if (addresses.every((each) => each.avoidUntil > now())) refusingSince ??= now();
    up.set({ upstream: name }, 0);
  }

  async function send(options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
    const address = nextAddress();
    const remainingMs = currentContext()?.deadline.remainingMs() ?? breakerCallLimitMs;
    // In whole seconds, so that connections can keep their timers: the deadline itself is kept by the breaker.
    const timeoutMs = Math.ceil(remainingMs / 1_000) * 1_000;
    try {
      const response = await address.pool.request({
        ...options,
        headers: sentHeaders(options.headers as IncomingHttpHeaders, remainingMs),
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      refusingSince = undefined;
      // An instance that drains says so with its answers: the next request goes elsewhere, if there is an elsewhere.
      address.avoidUntil = response.headers["connection"] === "close" ? now() + avoidedForMs : 0;
      up.set({ upstream: name }, 1);
      return response;
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
    request: (options) => breaker.fire(options),
    nextUrl: () => nextAddress().url,
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

function sentHeaders(given: IncomingHttpHeaders, remainingMs: number): IncomingHttpHeaders {
  // The deadline anew for each attempt: waiting between them has used time up.
  const headers: IncomingHttpHeaders = { ...given, "x-deadline-ms": String(remainingMs) };
  if (isTraced()) {
    // The instrumentation of undici adds these without looking, and a header that comes twice is no trace at all.
    delete headers["traceparent"];
    delete headers["tracestate"];
    delete headers["baggage"];
  }
  return headers;
}
