import type { FastifyInstance } from "fastify";
import { Counter, Gauge, type Metric, type Registry } from "prom-client";

const bucketsSeconds = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** Rate, errors, duration by route (never by address: ids would make a series each), and what is in flight. */
export function measureRequests(app: FastifyInstance, registry: Registry): void {
  const answers = new AnswersByRoute();
  new Counter({
    name: "kismet_http_requests_total",
    help: "Requests answered",
    labelNames: ["method", "route", "status"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { labels, count } of answers.counts()) this.inc(labels, count);
    },
  });
  registry.registerMetric(
    durationMetric(
      "kismet_http_request_duration_seconds",
      "Time from a request's head to the end of its answer",
      answers,
    ),
  );
  let inFlight = 0;
  new Gauge({
    name: "kismet_http_requests_in_flight",
    help: "Requests being worked on",
    registers: [registry],
    collect() {
      this.set(inFlight);
    },
  });
  const left = () => {
    inFlight -= 1;
  };
  app.addHook("onRequest", (_request, reply, done) => {
    inFlight += 1;
    // `close` comes once for every answer, also for one whose client has gone.
    reply.raw.once("close", left);
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    answers.add(request.method, request.route ?? "unknown", reply.statusCode, reply.elapsedTime / 1_000);
    done();
  });
}

type Answers = {
  method: string;
  route: string;
  byStatus: Map<number, number>;
  /** How many took longer than the bound before and no longer than this; the last have no bound. */
  byBucket: number[];
  sumSeconds: number;
  count: number;
};

/**
 * What prom-client would keep by the hash of an answer's labels, which it makes anew each time: a fiftieth of the gateway's
 * CPU. Here it is two look-ups; prom-client tells of it.
 */
class AnswersByRoute {
  readonly #byRoute = new Map<string, Map<string, Answers>>();

  add(method: string, route: string, status: number, seconds: number): void {
    const answers = this.#of(method, route);
    answers.byStatus.set(status, (answers.byStatus.get(status) ?? 0) + 1);
    let bucket = 0;
    while (seconds > (bucketsSeconds[bucket] ?? Infinity)) bucket += 1;
    answers.byBucket[bucket] = (answers.byBucket[bucket] ?? 0) + 1;
    answers.sumSeconds += seconds;
    answers.count += 1;
  }

  *counts(): Generator<{ labels: { method: string; route: string; status: number }; count: number }> {
    for (const { method, route, byStatus } of this.all())
      for (const [status, count] of byStatus) yield { labels: { method, route, status }, count };
  }

  *all(): Generator<Answers> {
    for (const byMethod of this.#byRoute.values()) yield* byMethod.values();
  }

  /** Routes and methods are few: neither is a client's to make up. */
  #of(method: string, route: string): Answers {
    let byMethod = this.#byRoute.get(route);
    if (!byMethod) this.#byRoute.set(route, (byMethod = new Map()));
    let answers = byMethod.get(method);
    if (!answers) {
      const byBucket = Array.from({ length: bucketsSeconds.length + 1 }, () => 0);
      answers = { method, route, byStatus: new Map(), byBucket, sumSeconds: 0, count: 0 };
      byMethod.set(method, answers);
    }
    return answers;
  }
}

/** A histogram as prom-client's registry asks for one. */
function durationMetric(name: string, help: string, answers: AnswersByRoute): Metric {
  const get = async () => ({ name, help, type: "histogram", aggregator: "sum", values: valuesOf() });
  function valuesOf(): { metricName: string; labels: Record<string, string | number>; value: number }[] {
    return [...answers.all()].flatMap(({ method, route, byBucket, sumSeconds, count }) => {
      let upTo = 0;
      const bounded = bucketsSeconds.map((le, bucket) => {
        upTo += byBucket[bucket] ?? 0;
        return { metricName: `${name}_bucket`, labels: { le, method, route }, value: upTo };
      });
      return [
        ...bounded,
        { metricName: `${name}_bucket`, labels: { le: "+Inf", method, route }, value: count },
        { metricName: `${name}_sum`, labels: { method, route }, value: sumSeconds },
        { metricName: `${name}_count`, labels: { method, route }, value: count },
      ];
    });
  }
  return { name, get } as unknown as Metric;
}
