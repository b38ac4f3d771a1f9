import type { RequestContract } from "@kismet/contracts";
import {
  type Breaker,
  contextFromHeaders,
  contextHeaders,
  createBreaker,
  currentContext,
  DeadlineExceeded,
  deadlineIn,
  type Parts,
  PublicError,
  retry,
  runWithContext,
  Unavailable,
} from "@kismet/service-kit";
import {
  headers as natsHeaders,
  InvalidArgumentError,
  type Msg,
  NoRespondersError,
  RequestError,
  TimeoutError,
} from "@nats-io/nats-core";
import { Histogram } from "prom-client";
import type { Static } from "typebox";
import type { Nats, NatsConfig } from "./connection.ts";
import { readError } from "./error-reply.ts";
import { inSpan, SpanKind } from "./telemetry.ts";
import { assertValid, parseJson } from "./wire.ts";

const retryOptions = { attempts: 3, baseMs: 25, maxMs: 200 };

/** With less than this a responder that is well may be too slow; see `AskerOutOfTime`. */
const fairMs = 1_000;

/** Nobody listened: the request has reached nobody, so that asking again is always safe. */
class NobodyListens extends Unavailable {}

/** The asker had little time: that says nothing against the responder, and others must not lose it for that. */
class AskerOutOfTime extends DeadlineExceeded {}

/** Too large, say: a bug of the asker, which says nothing against the responder either. */
class Unsendable extends Error {}

/** Asks other services, each subject behind a breaker of its own. */
export class Requests {
  readonly #parts: Parts<NatsConfig>;
  readonly #nats: Nats;
  readonly #breakers = new Map<string, Breaker<[unknown, number], unknown>>();
  readonly #seconds: Histogram<"subject" | "outcome">;

  constructor(parts: Parts<NatsConfig>, nats: Nats) {
    this.#parts = parts;
    this.#nats = nats;
    this.#seconds = new Histogram({
      name: "kismet_bus_request_seconds",
      help: "Requests to other services, retries included, by what came of them (ok or an error code)",
      labelNames: ["subject", "outcome"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers: [parts.metrics],
    });
  }

  /**
   * Throws what the responder threw if that was a PublicError; UNAVAILABLE if nobody answers to the subject or the
   * breaker is open; DEADLINE_EXCEEDED. Only what is idempotent is asked for again after a failure.
   */
  async request<C extends RequestContract>(
    contract: C,
    payload: Static<C["request"]>,
  ): Promise<Static<C["reply"]>> {
    const { subject, timeoutMs, idempotent } = contract;
    assertValid(contract.request, payload, subject);
    const limitMs = Math.min(timeoutMs, currentContext()?.deadline.remainingMs() ?? timeoutMs);
    const context = currentContext() ?? contextFromHeaders(() => undefined, { timeoutMs });
    const ask = () =>
      retry((attempt) => this.#breaker(contract).fire(payload, this.#share(limitMs, attempt, idempotent)), {
        ...retryOptions,
        shouldRetry: (error) => error instanceof NobodyListens || (idempotent && isPassing(error)),
      });
    // `#ask` has held it against the schema.
    return this.#timed(subject, () =>
      runWithContext({ ...context, deadline: deadlineIn(limitMs) }, () =>
        inSpan(`request ${subject}`, { kind: SpanKind.CLIENT }, ask),
      ),
    ) as Promise<Static<C["reply"]>>;
  }

  /** The first try of what may be asked again leaves time for a second: a responder may die with the answer. */
  #share(limitMs: number, attempt: number, idempotent: boolean): number {
    return idempotent && attempt === 1 ? Math.ceil(limitMs * 0.6) : limitMs;
  }

  #breaker(contract: RequestContract): Breaker<[unknown, number], unknown> {
    let breaker = this.#breakers.get(contract.subject);
    if (!breaker) {
      breaker = createBreaker(
        this.#parts,
        `request ${contract.subject}`,
        (payload: unknown, shareMs: number) => this.#ask(contract, payload, shareMs),
        { timeoutMs: contract.timeoutMs + 100, isHarmless },
      );
      this.#breakers.set(contract.subject, breaker);
    }
    return breaker;
  }

  async #ask(contract: RequestContract, payload: unknown, shareMs: number): Promise<unknown> {
    const remainingMs = Math.min(shareMs, currentContext()?.deadline.remainingMs() ?? shareMs);
    if (remainingMs <= 0) throw new AskerOutOfTime();
    const fairShareMs = Math.min(fairMs, contract.timeoutMs / 2);
    const outOfTime = (cause: unknown) =>
      remainingMs < fairShareMs ? new AskerOutOfTime(cause) : new DeadlineExceeded(cause);
    const message = natsHeaders();
    for (const [name, value] of Object.entries(contextHeaders())) message.set(name, value);
    message.set("x-deadline-ms", String(remainingMs));
    const options = { timeout: remainingMs, headers: message };
    let reply: Msg;
    try {
      reply = await this.#nats.connection.request(contract.subject, JSON.stringify(payload), options);
    } catch (error) {
      throw error instanceof TimeoutError ? outOfTime(error) : translated(error);
    }
    const failure = readError(reply);
    // The responder has heard of the same deadline and may be the first to notice.
    if (failure) throw failure.code === "DEADLINE_EXCEEDED" ? outOfTime(failure) : failure;
    const body = parseJson(reply.string());
    assertValid(contract.reply, body, `the answer to ${contract.subject}`);
    return body;
  }

  async #timed<T>(subject: string, work: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    let outcome = "ok";
    try {
      return await work();
    } catch (error) {
      outcome = error instanceof PublicError ? error.code : "INTERNAL";
      throw error;
    } finally {
      this.#seconds.observe({ subject, outcome }, (performance.now() - begin) / 1_000);
    }
  }
}

function translated(error: unknown): unknown {
  if (error instanceof InvalidArgumentError) return new Unsendable(error.message, { cause: error });
  if (error instanceof NoRespondersError) return new NobodyListens(error);
  if (error instanceof RequestError) {
    return error.isNoResponders() ? new NobodyListens(error) : new Unavailable(error);
  }
  return error instanceof PublicError ? error : new Unavailable(error);
}

function isHarmless(error: unknown): boolean {
  if (error instanceof AskerOutOfTime || error instanceof Unsendable) return true;
  return error instanceof PublicError && error.status < 500;
}

/** 503 and 504: it may work the next time. */
function isPassing(error: unknown): boolean {
  return error instanceof PublicError && error.status >= 503;
}
