import { type Gauge, Gauge as PromGauge, type Registry } from "prom-client";
import type { Logger } from "../logging/logger.ts";
import { withTimeout } from "../resilience/with-timeout.ts";

/** Together below two seconds, within which a dependency that has stopped or hangs must show. */
const probeEveryMs = 500;
const probeTimeoutMs = 1_000;

export type CheckResult = { name: string; ok: boolean; required: boolean; latencyMs: number; error?: string };
export type HealthReport = {
  ready: boolean;
  state: "starting" | "ready" | "draining";
  checks: CheckResult[];
};

type Probe = {
  name: string;
  required: boolean;
  run: () => Promise<void>;
  timer?: NodeJS.Timeout;
  last: CheckResult;
};

/** Probes dependencies in the background, so that asking is cheap and a frozen one can't hang the answer. */
export class Health {
  readonly #probes: Probe[] = [];
  readonly #logger: Logger;
  readonly #gauge: Gauge;
  #state: HealthReport["state"] = "starting";
  #running = false;

  constructor(logger: Logger, registry: Registry) {
    this.#logger = logger;
    this.#gauge = new PromGauge({
      name: "kismet_dependency_up",
      help: "1 while the dependency answers its probe",
      labelNames: ["dependency"],
      registers: [registry],
    });
  }

  add(name: string, run: () => Promise<void>, { required }: { required: boolean }): void {
    const last = { name, ok: false, required, latencyMs: 0, error: "not probed yet" };
    const probe: Probe = { name, required, run, last };
    this.#probes.push(probe);
    if (this.#running) void this.#watch(probe);
  }

  async start(): Promise<void> {
    this.#running = true;
    await Promise.all(this.#probes.map((probe) => this.#watch(probe)));
  }

  serving(): void {
    this.#state = "ready";
  }

  /** From here on not ready, whatever the dependencies say: no new work is to be sent here. */
  draining(): void {
    this.#state = "draining";
  }

  isDraining(): boolean {
    return this.#state === "draining";
  }

  stop(): void {
    this.#running = false;
    for (const probe of this.#probes) clearTimeout(probe.timer);
  }

  report(): HealthReport {
    const checks = this.#probes.map((probe) => probe.last);
    const dependenciesUp = checks.every((check) => check.ok || !check.required);
    return { ready: this.#state === "ready" && dependenciesUp, state: this.#state, checks };
  }

  async #watch(probe: Probe): Promise<void> {
    await this.#probe(probe);
    if (!this.#running) return;
    probe.timer = setTimeout(() => void this.#watch(probe), probeEveryMs);
    probe.timer.unref();
  }

  async #probe(probe: Probe): Promise<void> {
    const { name, required } = probe;
    const begin = performance.now();
    let error: string | undefined;
    try {
      await withTimeout(probe.run(), probeTimeoutMs, `the probe of ${name}`);
    } catch (failure) {
      error = failure instanceof Error ? failure.message : String(failure);
    }
    const latencyMs = Math.round((performance.now() - begin) * 10) / 10;
    const next = {
      name,
      ok: error === undefined,
      required,
      latencyMs,
      ...(error === undefined ? {} : { error }),
    };
    if (next.ok !== probe.last.ok && this.#state === "ready") {
      const level = next.ok ? "info" : "warn";
      this.#logger[level](
        { dependency: name, required, reason: error },
        next.ok ? "dependency is back" : "dependency is down",
      );
    }
    this.#gauge.set({ dependency: name }, next.ok ? 1 : 0);
    probe.last = next;
  }
}
