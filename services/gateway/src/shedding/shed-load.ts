import type { RouteTableEntry } from "@kismet/contracts";
import { type App, bareAnswerHeaders, Counter, Overloaded, type Parts, toProblem } from "@kismet/service-kit";
import type { FastifyReply, FastifyRequest } from "fastify";
import { corsHeaders } from "../access/cors-headers.ts";
import type { Config } from "../config.ts";
import { createConcurrencyLimits, type Entrance } from "./concurrency.ts";
import { type Priority, priorityOf } from "./decide-shedding.ts";
import { createLoopGuard } from "./loop-guard.ts";

export type Shedding = {
  entranceOf(entry: RouteTableEntry, isExempt: () => boolean): Entrance;
  /** Refuses a request that found no entrance. */
  refuse(request: FastifyRequest, reply: FastifyReply, priority: Priority): void;
};

/** Asked by who decides whether this process lives: answered as long as anything is. */
const never = new Set(["/healthz", "/readyz", "/metrics"]);
const retryAfterSeconds = 1;

/**
 * Refuses what would only wait: here once the event loop is late, and in the proxy once a service has as much as it can
 * answer in time. A refusal is made by hand, since it has to cost little when there are most of them: no error with a
 * stack, no line in the log for each (they are counted).
 */
export function shedLoad(parts: Parts<Config>, app: App, table: readonly RouteTableEntry[]): Shedding {
  const guard = createLoopGuard(parts, parts.config.shedAfterMs);
  const shed = new Counter({
    name: "kismet_shed_total",
    help: "Requests refused because this process or a service has too much to do",
    labelNames: ["reason", "priority"],
    registers: [parts.metrics],
  });
  const listed = new Set(parts.config.corsOrigins);
  const byRoute = new Map(table.map((entry) => [`${entry.method} ${entry.path}`, priorityOf(entry)]));

  function refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    labels: { reason: "event_loop" | "concurrency"; priority: Priority },
  ): void {
    shed.inc(labels);
    const { status, headers, body } = toProblem(new Overloaded(retryAfterSeconds), request.id);
    const text = JSON.stringify(body);
    request.requestContext.isShed = true;
    reply.hijack();
    reply.raw.writeHead(status, {
      ...bareAnswerHeaders,
      ...corsHeaders(request.headers.origin, listed),
      ...headers,
      "x-request-id": request.id,
      "content-type": "application/problem+json",
      "content-length": Buffer.byteLength(text),
    });
    reply.raw.end(text);
  }

  app.addHook("onRequest", (request, reply, done) => {
    if (guard.isAtEase()) return done();
    const { route } = request;
    if (route !== undefined && never.has(route)) return done();
    const method = request.method === "HEAD" ? "GET" : request.method;
    const priority = byRoute.get(`${method} ${route}`) ?? "low";
    if (!guard.isLate(priority)) return done();
    refuse(request, reply, { reason: "event_loop", priority });
  });
  return {
    entranceOf: createConcurrencyLimits(parts).entranceOf,
    refuse: (request, reply, priority) => refuse(request, reply, { reason: "concurrency", priority }),
  };
}
