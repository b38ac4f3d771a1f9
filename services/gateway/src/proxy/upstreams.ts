import type { Bus } from "@kismet/bus";
import { canaryKey, domainServices, type ServiceName, upstreamKey } from "@kismet/contracts";
import { Gauge, type Parts } from "@kismet/service-kit";
import type { FastifyRequest } from "fastify";
import { createCanary } from "../canary/canary.ts";
import type { Config } from "../config.ts";
import { ClientGone } from "./relay.ts";
import { createUpstream, type Upstream } from "./upstream.ts";

export type Upstreams = {
  of(service: ServiceName): Upstream;
  /** The instances that serve a request: the service's, or its canary's. */
  for(service: ServiceName, request: FastifyRequest): Upstream;
};

export function createUpstreams(parts: Parts<Config>, bus: Bus): Upstreams {
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
  const canaries = new Map<string, Upstream>();
  const withCanary = domainServices.filter((name) => config[canaryKey(name)].length > 0);
  const canary = createCanary(parts, bus, withCanary);
  for (const name of withCanary) {
    const ofCanary = createUpstream(parts, `${name}-canary`, config[canaryKey(name)], up);
    canaries.set(
      name,
      recorded(ofCanary, (...came) => canary.record(name, "canary", ...came)),
    );
    upstreams.set(
      name,
      recorded(of(name), (...came) => canary.record(name, "stable", ...came)),
    );
  }
  parts.lifecycle.add({
    name: "upstreams",
    stop: async () => {
      await Promise.all([...upstreams.values(), ...canaries.values()].map((upstream) => upstream.close()));
    },
  });

  function of(service: string): Upstream {
    const upstream = upstreams.get(service);
    if (!upstream) throw new Error(`the route table names ${service}, which is no upstream`);
    return upstream;
  }

  return {
    of,
    for(service, request) {
      const ofCanary = canaries.get(service);
      return ofCanary && canary.variantFor(service, request) === "canary" ? ofCanary : of(service);
    },
  };
}

/** Tells of each try what came of it, and when it began. */
function recorded(upstream: Upstream, tell: (isError: boolean, begunAt: number) => void): Upstream {
  return {
    ...upstream,
    async send(request, relay) {
      const begin = performance.now();
      try {
        await upstream.send(request, relay);
        tell(relay.status >= 500, begin);
      } catch (error) {
        if (!(error instanceof ClientGone)) tell(true, begin);
        throw error;
      }
    },
  };
}
