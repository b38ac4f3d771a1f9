import type { RequestContract } from "@kismet/contracts";
import {
  contextFromHeaders,
  DeadlineExceeded,
  type Parts,
  PublicError,
  runWithContext,
  Unavailable,
  ValidationFailed,
  withinDeadline,
} from "@kismet/service-kit";
import { type Service, type ServiceMsg, Svcm } from "@nats-io/services";
import { Histogram } from "prom-client";
import type { Static } from "typebox";
import type { Nats, NatsConfig } from "./connection.ts";
import { errorReplyOf } from "./error-reply.ts";
import { inSpan, SpanKind } from "./telemetry.ts";
import { assertValid, faultsOf, parseJson } from "./wire.ts";

/** Requests at work at the same time; more would wait past their deadlines. */
const maxInFlight = 256;

type Endpoint = { contract: RequestContract; handler: (payload: unknown) => Promise<unknown> };

/** Answers requests as a NATS micro-service named after the service, which `$SRV.INFO` and its like describe. */
export class Responders {
  readonly #parts: Parts<NatsConfig>;
  readonly #endpoints: Endpoint[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  readonly #seconds: Histogram<"subject" | "outcome">;
  #service: Service | undefined;

  constructor(parts: Parts<NatsConfig>) {
    this.#parts = parts;
    this.#seconds = new Histogram({
      name: "kismet_bus_served_seconds",
      help: "Requests answered for other services, by what came of them (ok or an error code)",
      labelNames: ["subject", "outcome"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers: [parts.metrics],
    });
  }

  get contracts(): RequestContract[] {
    return this.#endpoints.map(({ contract }) => contract);
  }

  add<C extends RequestContract>(
    contract: C,
    handler: (payload: Static<C["request"]>) => Promise<Static<C["reply"]>>,
  ): void {
    if (this.#service) throw new Error(`serve ${contract.subject} before the service starts`);
    this.#endpoints.push({ contract, handler: handler as Endpoint["handler"] });
  }

  async start(nats: Nats): Promise<void> {
    if (this.#endpoints.length === 0) return;
    const { name } = this.#parts;
    // The package is typed against an older core of the same client, whose connection has the same methods.
    const services = new Svcm(nats.connection as unknown as ConstructorParameters<typeof Svcm>[0]);
    this.#service = await services.add({
      name,
      version: "1.0.0",
      description: `Kismet's ${name} service`,
      queue: name,
    });
    for (const endpoint of this.#endpoints) {
      const { subject, request, reply, timeoutMs, idempotent } = endpoint.contract;
      this.#service.addEndpoint(subject.replaceAll(".", "-"), {
        subject,
        metadata: {
          request: JSON.stringify(request),
          reply: JSON.stringify(reply),
          timeoutMs: String(timeoutMs),
          idempotent: String(idempotent),
        },
        handler: (error, message) => {
          if (!error) this.#accept(endpoint, message);
        },
      });
    }
  }

  /** Takes no more requests and answers those that were taken. */
  async stop(): Promise<void> {
    await this.#service?.stop();
    await Promise.all(this.#inFlight);
  }

  #accept(endpoint: Endpoint, message: ServiceMsg): void {
    if (this.#inFlight.size >= maxInFlight) {
      this.#refuse(message, new Unavailable());
      return;
    }
    const work = this.#serve(endpoint, message).finally(() => this.#inFlight.delete(work));
    this.#inFlight.add(work);
  }

  async #serve(endpoint: Endpoint, message: ServiceMsg): Promise<void> {
    const { subject } = endpoint.contract;
    const begin = performance.now();
    let outcome = "ok";
    try {
      await this.#answer(endpoint, message);
    } catch (error) {
      outcome = error instanceof PublicError ? error.code : "INTERNAL";
      this.#refuse(message, error);
    }
    this.#seconds.observe({ subject, outcome }, (performance.now() - begin) / 1_000);
  }

  #answer({ contract, handler }: Endpoint, message: ServiceMsg): Promise<void> {
    const { subject, timeoutMs } = contract;
    const get = (name: string) => message.headers?.get(name) || undefined;
    const cause = { traceparent: get("traceparent") };
    return inSpan(`serve ${subject}`, { kind: SpanKind.SERVER, cause }, () =>
      runWithContext(contextFromHeaders(get, { timeoutMs }), async () => {
        try {
          const request = parseJson(message.string());
          const faults = faultsOf(contract.request, request);
          if (faults.length > 0) throw new ValidationFailed("The request does not fit its schema.", faults);
          const reply = await withinDeadline(() => handler(request), timeoutMs, subject);
          assertValid(contract.reply, reply, `the answer to ${subject}`);
          // Throws if it is too large to be sent.
          message.respond(JSON.stringify(reply));
        } catch (error) {
          this.#log(subject, error);
          throw error;
        }
      }),
    );
  }

  /** The connection may have been closed meanwhile: the asker then learns by its deadline. */
  #refuse(message: ServiceMsg, error: unknown): void {
    const reply = errorReplyOf(error);
    try {
      message.respondError(reply.status, reply.code, JSON.stringify(reply));
    } catch (failure) {
      this.#parts.logger.warn({ err: failure, subject: message.subject }, "could not answer");
    }
  }

  #log(subject: string, error: unknown): void {
    if (!(error instanceof PublicError)) this.#parts.logger.error({ err: error, subject }, "request failed");
    else if (error instanceof DeadlineExceeded)
      this.#parts.logger.warn({ subject }, "request came or ended too late");
    else if (error.status >= 500) this.#parts.logger.warn({ err: error, subject }, "request failed");
  }
}
