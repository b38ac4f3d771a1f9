import Fastify from "fastify";
import { Histogram, Registry } from "prom-client";
import { test } from "tap";
import { measureRequests } from "./http-metrics.ts";

const name = "kismet_http_request_duration_seconds";

test("durations are told as prom-client's own histogram tells them, and answers by status, however often they are asked", async (t) => {
  const registry = new Registry();
  const app = Fastify();
  app.decorateRequest("route", undefined);
  measureRequests(app, registry);
  const durations = [0.002, 0.003, 0.2, 60];
  let next = 0;
  app.addHook("onRequest", (request, reply, done) => {
    request.route = "/v1/things/:id";
    Object.defineProperty(reply, "elapsedTime", { value: (durations[next++] ?? 0) * 1_000 });
    done();
  });
  app.get("/v1/things/:id", (request, reply) => reply.code(next === 4 ? 404 : 200).send(""));
  t.teardown(() => app.close());
  for (const _ of durations) await app.inject("/v1/things/1");

  const reference = new Registry();
  const peer = new Histogram({
    name,
    help: "Time from a request's head to the end of its answer",
    labelNames: ["method", "route"],
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers: [reference],
  });
  for (const seconds of durations) peer.observe({ method: "GET", route: "/v1/things/:id" }, seconds);
  const expected = await reference.getSingleMetricAsString(name);
  for (const _ of ["once", "twice"]) {
    const told = await registry.metrics();
    t.ok(told.includes(expected), expected);
    t.match(told, /requests_total\{method="GET",route="\/v1\/things\/:id",status="200"\} 3/);
    t.match(told, /requests_total\{method="GET",route="\/v1\/things\/:id",status="404"\} 1/);
  }
});
