import type { Bus } from "@kismet/bus";
import {
  CanaryChanged,
  type CanarySplit,
  type DomainService,
  ListCanaries,
  type Member,
  SetCanary,
} from "@kismet/contracts";
import { Counter, createPoller, Gauge, Histogram, type Parts, type TokenVerifier } from "@kismet/service-kit";
import type { FastifyRequest } from "fastify";
import type { Config } from "../config.ts";
import { addressKey } from "../limits/address-key.ts";
import type { Attempt } from "./count-attempts.ts";
import { decideRollback, latencyBounds } from "./decide-rollback.ts";
import { decideVariant, type Variant } from "./decide-variant.ts";
import { VariantRecords } from "./variant-records.ts";

/** Also how late a change is heard of if its event is lost. */
const everyMs = 1_000;
const sinceMs = 60_000;

export type Canary = {
  /** Finds out who shows a token where none is asked for: where a member is served must not depend on the route. */
  recognise(request: FastifyRequest): Promise<void>;
  /** Which instances serve a request. */
  variantFor(service: string, request: FastifyRequest): Variant;
  /** What came of it; a service without canary is not asked for that. */
  record(service: string, variant: Variant, attempt: Attempt): void;
};

type Watched = {
  service: DomainService;
  split: CanarySplit | undefined;
  /** Until auth has heard of it: nobody waits for that. */
  rolledBack: { version: number; reason: string } | undefined;
  records: VariantRecords;
};

/**
 * How the traffic of services that have a canary is split, as auth keeps it; and the judge of each, who takes it back to
 * none if the canary is worse. `services` are those with addresses of a canary: for the others nothing is done at all.
 */
export function createCanary(
  parts: Parts<Config>,
  { bus, verifier }: { bus: Bus; verifier: TokenVerifier },
  services: readonly DomainService[],
): Canary {
  const { clock, logger, config } = parts;
  const now = () => clock.now().getTime();
  const watched = new Map<string, Watched>(
    services.map((service) => [
      service,
      { service, split: undefined, rolledBack: undefined, records: new VariantRecords(now) },
    ]),
  );
  const metrics = createMetrics(parts);

  function learn(split: CanarySplit): void {
    const canary = watched.get(split.service);
    if (!canary || (canary.split && canary.split.version >= split.version)) return;
    canary.split = split;
    // What was judged was another split.
    canary.records.clear();
    if (canary.rolledBack && canary.rolledBack.version < split.version) canary.rolledBack = undefined;
    metrics.weight.set({ upstream: split.service }, split.weight);
    logger.info({ canary: split }, "canary split");
  }

  async function tell({ service, rolledBack }: Watched): Promise<void> {
    if (!rolledBack) return;
    const by = `gateway ${config.instanceId}`.slice(0, 120);
    const { version: ifVersion, reason } = rolledBack;
    learn(await bus.request(SetCanary, { service, weight: 0, by, reason, ifVersion }));
  }

  function judge(canary: Watched): void {
    const { service, split, records } = canary;
    if (!split || weightOf(canary) === 0) return;
    const rollback = decideRollback(records.of("stable"), records.of("canary"));
    if (!rollback) return;
    const reason = `${rollback.because}: ${rollback.detail}`.slice(0, 300);
    canary.rolledBack = { version: split.version, reason };
    metrics.weight.set({ upstream: service }, 0);
    metrics.rollbacks.inc({ upstream: service, because: rollback.because });
    logger.error({ service, reason }, "the canary is worse: rolled back");
  }

  async function reconcile(): Promise<boolean> {
    for (const canary of watched.values()) judge(canary);
    await Promise.all([...watched.values()].map(tell));
    for (const split of (await bus.request(ListCanaries, {})).splits) learn(split);
    return false;
  }

  if (watched.size > 0) {
    bus.watch(CanaryChanged, { sinceMs }, ({ payload }) => learn(payload));
    const options = { name: "canaries", everyMs, timeoutMs: ListCanaries.timeoutMs + SetCanary.timeoutMs };
    const poller = createPoller(logger, { ...options, work: reconcile });
    parts.lifecycle.add({
      name: options.name,
      async start() {
        // A gateway that starts anew goes on with the split that there is.
        await reconcile().catch((error: unknown) => logger.warn({ err: error }, "splits can't be had yet"));
        await poller.start();
      },
      stop: poller.stop,
    });
  }

  const recognised = new WeakMap<FastifyRequest, Member>();

  return {
    async recognise(request) {
      const { token } = request.requestContext;
      if (token === undefined || ![...watched.values()].some((canary) => weightOf(canary) > 0)) return;
      // One that is good no more is no reason to refuse, and its bearer is whoever asks.
      const member = await verifier.verify(token).catch(() => undefined);
      if (member) recognised.set(request, member);
    },
    variantFor(service, request) {
      const canary = watched.get(service);
      const weight = canary ? weightOf(canary) : 0;
      if (weight === 0) return "stable";
      const { member = recognised.get(request), client } = request.requestContext;
      return decideVariant(service, member?.memberId ?? client?.clientId ?? addressKey(request.ip), weight);
    },
    record(service, variant, attempt) {
      const { isError, latencyMs } = attempt;
      watched.get(service)?.records.add(variant, attempt);
      metrics.requests.inc({ upstream: service, variant, outcome: isError ? "error" : "ok" });
      if (!isError && latencyMs !== undefined)
        metrics.seconds.observe({ upstream: service, variant }, latencyMs / 1_000);
    },
  };
}

function weightOf({ split, rolledBack }: Watched): number {
  return rolledBack ? 0 : (split?.weight ?? 0);
}

function createMetrics({ metrics }: Parts) {
  const registers = [metrics];
  return {
    weight: new Gauge({
      name: "kismet_canary_weight",
      help: "Of a hundred members, how many the canary of a service serves",
      labelNames: ["upstream"],
      registers,
    }),
    rollbacks: new Counter({
      name: "kismet_canary_rollbacks_total",
      help: "Canaries that this gateway has taken back",
      labelNames: ["upstream", "because"],
      registers,
    }),
    requests: new Counter({
      name: "kismet_canary_requests_total",
      help: "Requests to services that have a canary, by variant",
      labelNames: ["upstream", "variant", "outcome"],
      registers,
    }),
    seconds: new Histogram({
      name: "kismet_canary_seconds",
      help: "Until an answer began, of services that have a canary, by variant",
      labelNames: ["upstream", "variant"],
      buckets: latencyBounds.map((ms) => ms / 1_000),
      registers,
    }),
  };
}
