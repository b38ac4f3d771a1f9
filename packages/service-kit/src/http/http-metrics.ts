import type { FastifyInstance } from "fastify";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

const buckets = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** Rate, errors, duration by route (never by address: ids would make a series each), and what is in flight. */
export function measureRequests(app: FastifyInstance, registry: Registry): void {
  const labelNames = ["method", "route", "status"] as const;
  const total = new Counter({
    name: "kismet_http_requests_total",
    help: "Requests answered",
    labelNames,
    registers: [registry],
  });
  const duration = new Histogram({
    name: "kismet_http_request_duration_seconds",
    help: "Time from a request's head to the end of its answer",
    labelNames: ["method", "route"],
    buckets,
    registers: [registry],
  });
  const inFlight = new Gauge({
    name: "kismet_http_requests_in_flight",
    help: "Requests being worked on",
    registers: [registry],
  });
  app.addHook("onRequest", (_request, reply, done) => {
    inFlight.inc();
    // `close` comes once for every answer, also for one whose client has gone.
    reply.raw.once("close", () => inFlight.dec());
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url ?? "unknown";
    total.inc({ method: request.method, route, status: reply.statusCode });
    duration.observe({ method: request.method, route }, reply.elapsedTime / 1_000);
    done();
  });
}
