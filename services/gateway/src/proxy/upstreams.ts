import type { Bus } from "@kismet/bus";
import { canaryKey, domainServices, type ServiceName, upstreamKey } from "@kismet/contracts";
import { Gauge, type Parts, type TokenVerifier } from "@kismet/service-kit";
import type { FastifyRequest } from "fastify";
import { createCanary } from "../canary/canary.ts";
import { countAttempts, isFairTrial } from "../canary/count-attempts.ts";
import type { Variant } from "../canary/decide-variant.ts";
import type { Config } from "../config.ts";
import { createUpstream, type Upstream } from "./upstream.ts";

export type Upstreams = {
  /** Of requests whose route asks for no member: whoever shows who they are is served like elsewhere. */
  recognise(request: FastifyRequest): Promise<void>;
  of(service: ServiceName): Upstream;
  /** The instances that serve a request: the service's, or its canary's. */
  for(service: ServiceName, request: FastifyRequest): Upstream;
};

/** Instances of a service with a canary: as they are, and so that the judge of the canary hears what comes of it. */
type Counted = { plain: Upstream; counting: Upstream };

export function createUpstreams(parts: Parts<Config>, bus: Bus, verifier: TokenVerifier): Upstreams {
  const { config } = parts;
  const up = new Gauge({
    name: "kismet_upstream_up",
    help: "1 while the last request to an instance of the service got an answer",
    labelNames: ["upstream"],
    registers: [parts.metrics],
  });
  const upstreams = new Map<string, Upstream>(
    domainServices.map((name) => [name, createUpstream(parts, name, config[upstreamKey(name)], up)]),
  );
  const withCanary = domainServices.filter((name) => config[canaryKey(name)].length > 0);
  const canary = createCanary(parts, { bus, verifier }, withCanary);
  const splits = new Map<string, Record<Variant, Counted>>();
  for (const name of withCanary) {
    const ofCanary = createUpstream(parts, `${name}-canary`, config[canaryKey(name)], up);
    const counted = (plain: Upstream, variant: Variant): Counted => ({
      plain,
      counting: countAttempts(plain, (attempt) => canary.record(name, variant, attempt)),
    });
    splits.set(name, { stable: counted(of(name), "stable"), canary: counted(ofCanary, "canary") });
  }
  parts.lifecycle.add({
    name: "upstreams",
    stop: async () => {
      const canaries = [...splits.values()].map((split) => split.canary.plain);
      await Promise.all([...upstreams.values(), ...canaries].map((upstream) => upstream.close()));
    },
  });

  function of(service: string): Upstream {
    const upstream = upstreams.get(service);
    if (!upstream) throw new Error(`the route table names ${service}, which is no upstream`);
    return upstream;
  }

  return {
    recognise: canary.recognise,
    of,
    for(service, request) {
      const split = splits.get(service);
      if (!split) return of(service);
      const { plain, counting } = split[canary.variantFor(service, request)];
      return isFairTrial(request) ? counting : plain;
    },
  };
}
