import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { RouteTableEntry, ServiceName } from "@kismet/contracts";
import { type App, runWithContext } from "@kismet/service-kit";
import type { FastifyReply, FastifyRequest } from "fastify";
import { asPublicFailure, decideRetry } from "./failures.ts";
import { forwardedHeaders } from "./forwarded-headers.ts";
import { readBody } from "./read-body.ts";
import { appendHeader } from "../answers/append-header.ts";
import { type Shape, shapeOf } from "../answers/whole-answer.ts";
import type { Visit } from "../shedding/concurrency.ts";
import { priorityOf } from "../shedding/decide-shedding.ts";
import type { Shedding } from "../shedding/shed-load.ts";
import { endWith, traceparentOf, upstreamSpan } from "../tracing/trace-requests.ts";
import { ClientGone, Relay } from "./relay.ts";
import type { Upstream, UpstreamRequest } from "./upstream.ts";
import type { Upstreams } from "./upstreams.ts";

/** Each route of the table as a route of its own: what is not in the table is not reachable. */
export function proxyRoutes(
  app: App,
  table: readonly RouteTableEntry[],
  upstreams: Upstreams,
  shedding: Shedding,
): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (request: FastifyRequest, payload: IncomingMessage) =>
    readBody(request, payload),
  );
  for (const entry of table) {
    app.routeTable.push(entry);
    if (entry.websocket === true) continue;
    const priority = priorityOf(entry);
    // While an instance comes back requests wait for it, which is no sign of too many.
    const entrance = shedding.entranceOf(entry, upstreams.of(entry.service).isRestarting);
    app.route({
      method: mayBeAskedForHead(entry) ? ["GET", "HEAD"] : entry.method,
      url: entry.path,
      bodyLimit: entry.policy.bodyLimit,
      config: { policy: entry.policy },
      handler: (request, reply) => {
        const visit = entrance.enter(priority);
        if (!visit) return shedding.refuse(request, reply, priority);
        new Forwarding(entry, upstreams.for(entry.service, request), visit, request, reply).begin();
      },
    });
  }
}

/**
 * Whoever answers GET answers HEAD (RFC 9110, 9.3.2): the service is asked for the whole, by the same rules, and the client
 * gets the head of it. But not where other sites send browsers: there a GET ends a flow, which nobody asks about.
 */
function mayBeAskedForHead({ method, policy }: RouteTableEntry): boolean {
  return method === "GET" && policy.crossSite !== true;
}

/** A request on its way to an upstream, in as many attempts as it takes. */
class Forwarding {
  readonly #idempotent: boolean;
  readonly #upstream: Upstream;
  readonly #visit: Visit;
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  readonly #service: ServiceName;
  readonly #sent: UpstreamRequest;
  readonly #shape: Shape | undefined;
  #attempt = 0;
  #relay: Relay | undefined;
  #waiting: NodeJS.Timeout | undefined;

  constructor(
    { service, method, policy }: RouteTableEntry,
    upstream: Upstream,
    visit: Visit,
    request: FastifyRequest,
    reply: FastifyReply,
  ) {
    this.#idempotent = policy.idempotent;
    this.#upstream = upstream;
    this.#visit = visit;
    this.#request = request;
    this.#reply = reply;
    this.#service = service;
    const { traceparent } = request.requestContext;
    this.#shape = shapeOf(policy, request);
    // Whether or not it is compressed: a cache must know that it might have been.
    if (policy.compress === true) appendHeader(reply, "vary", "accept-encoding");
    const body = request.body as Buffer | Readable | undefined;
    this.#sent = {
      method,
      path: request.url,
      headers: forwardedHeaders(request),
      body: body ?? null,
      traceparent,
    };
  }

  begin(): void {
    // Comes once for every answer, also for one whose client has gone.
    this.#reply.raw.once("close", () => this.#closed());
    this.#try();
  }

  #try(): void {
    const relay = new Relay(this.#reply, (error) => this.#refuse(error), this.#shape);
    this.#relay = relay;
    const span = upstreamSpan(this.#request, this.#service);
    if (span) this.#sent.traceparent = traceparentOf(span);
    this.#upstream.send(this.#sent, relay).then(
      () => {
        endWith(span);
        this.#visit.answered(this.#attempt === 0);
      },
      (error: Error) => {
        endWith(span, error);
        this.#tryAgainAfter(error);
      },
    );
  }

  #tryAgainAfter(error: Error): void {
    // The breaker may have given up on an upstream that says nothing.
    this.#relay?.cancel(error);
    if (error instanceof ClientGone) return;
    const waitMs = decideRetry(
      {
        error,
        attempt: this.#attempt,
        replayable: !(this.#sent.body instanceof Readable),
        idempotent: this.#idempotent,
        restarting: this.#upstream.isRestarting(),
        remainingMs: this.#request.requestContext.deadline.remainingMs(),
      },
      Math.random,
    );
    if (waitMs === null) return this.#refuse(error);
    this.#attempt += 1;
    this.#waiting = setTimeout(() => runWithContext(this.#request.requestContext, () => this.#try()), waitMs);
  }

  #refuse(error: Error): void {
    void this.#reply.send(asPublicFailure(error));
  }

  /** By the client, or since the answer has been written. */
  #closed(): void {
    this.#visit.left();
    clearTimeout(this.#waiting);
    if (!this.#reply.raw.writableFinished) this.#relay?.cancel(new ClientGone());
  }
}
