import { domainServices, type ServiceName, upstreamKey } from "@kismet/contracts";
import { Gauge, type Parts } from "@kismet/service-kit";
import type { Config } from "../config.ts";
import { createUpstream, type Upstream } from "./upstream.ts";

export type Upstreams = { of(service: ServiceName): Upstream };

export function createUpstreams(parts: Parts<Config>): Upstreams {
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
  parts.lifecycle.add({
    name: "upstreams",
    stop: async () => {
      await Promise.all([...upstreams.values()].map((upstream) => upstream.close()));
    },
  });

  function of(service: string): Upstream {
    const upstream = upstreams.get(service);
    if (!upstream) throw new Error(`the route table names ${service}, which is no upstream`);
    return upstream;
  }

  return { of };
}
