import type { AnyDatabase } from "@kismet/database";
import type { Parts } from "@kismet/service-kit";
import { Counter, Gauge } from "prom-client";
import { countParked } from "./inbox-repository.ts";

const outcomes = ["applied", "duplicate", "parked", "refused", "retried"] as const;
type Outcome = (typeof outcomes)[number];

/** What the consumers of a service tell; gauges come from the instance that leads. */
export class BusMetrics {
  readonly #events: Counter<"consumer" | "outcome">;
  readonly #lag: Gauge<"consumer">;
  readonly #lags = new Map<string, () => number>();

  constructor(parts: Parts, database: AnyDatabase) {
    const registers = [parts.metrics];
    this.#events = new Counter({
      name: "kismet_consumer_events_total",
      help: "Events by what a consumer made of them",
      labelNames: ["consumer", "outcome"],
      registers,
    });
    const lags = this.#lags;
    this.#lag = new Gauge({
      name: "kismet_consumer_lag",
      help: "Events that a consumer has not dealt with yet",
      labelNames: ["consumer"],
      registers,
      collect() {
        for (const [consumer, read] of lags) this.set({ consumer }, read());
      },
    });
    new Gauge({
      name: "kismet_dead_letters",
      help: "Events that wait for an operator, those behind them included",
      labelNames: ["consumer"],
      registers,
      async collect() {
        try {
          const counts = await countParked(database.read, parts.name);
          for (const consumer of lags.keys()) this.set({ consumer }, counts.get(consumer) ?? 0);
        } catch (error) {
          parts.logger.debug({ err: error }, "could not count dead letters");
        }
      },
    });
  }

  onLag(consumer: string, read: () => number): void {
    this.#lags.set(consumer, read);
  }

  count(consumer: string, counts: Partial<Record<Outcome, number>>): void {
    for (const outcome of outcomes) {
      const count = counts[outcome] ?? 0;
      if (count > 0) this.#events.inc({ consumer, outcome }, count);
    }
  }
}
