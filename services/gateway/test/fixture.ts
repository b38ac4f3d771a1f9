import type { AddressInfo } from "node:net";
import {
  domainServices,
  type RoutePolicy,
  type RouteTableEntry,
  type ServiceName,
  upstreamKey,
} from "@kismet/contracts";
import type { App, Clock } from "@kismet/service-kit";
import { startTestService, type Teardown, type World } from "@kismet/testing";
import Fastify, { type FastifyInstance } from "fastify";
import { buildApp } from "../src/app.ts";
import { Config } from "../src/config.ts";

export const policy: RoutePolicy = {
  auth: "public",
  limit: "read",
  bodyLimit: 1_000,
  timeoutMs: 2_000,
  idempotent: true,
};

export function route(
  method: RouteTableEntry["method"],
  path: string,
  change: Partial<RoutePolicy> = {},
  service: ServiceName = "matching",
): RouteTableEntry {
  return { service, method, path, policy: { ...policy, ...change } };
}

/** Where nobody listens. */
export const nowhere = "http://127.0.0.1:9";

export type Upstream = { app: FastifyInstance; url: string; port: number; close(): Promise<void> };

/** A service as the gateway sees it: any Fastify app. */
export async function startUpstream(
  t: Teardown,
  declare: (app: FastifyInstance) => void,
  port = 0,
): Promise<Upstream> {
  const app = Fastify({ forceCloseConnections: true, trustProxy: true, bodyLimit: 50_000_000 });
  declare(app);
  await app.listen({ host: "127.0.0.1", port });
  const address = app.server.address() as AddressInfo;
  const close = () => app.close();
  t.teardown(close);
  return { app, url: `http://127.0.0.1:${address.port}`, port: address.port, close };
}

export function startGateway(
  t: Teardown,
  world: World,
  table: RouteTableEntry[],
  { env, ...settings }: Partial<Record<keyof Config, unknown>> & { env?: Config["env"] } = {},
  clock?: Clock,
  plant?: (app: App) => void,
) {
  return startTestService(t, world, {
    name: "gateway",
    ...(clock ? { clock } : {}),
    config: Config,
    // What production asks of the other settings is not what is tested.
    buildApp: async (parts) => {
      const config = { ...parts.config, ...(env ? { env } : {}) };
      const app = await buildApp({ ...parts, config }, table);
      plant?.(app);
      return app;
    },
    settings: {
      ...Object.fromEntries(domainServices.map((service) => [upstreamKey(service), [nowhere]])),
      shutdownMs: 3_000,
      // Loads come from the very process of the gateway, which is late because of them.
      shedAfterMs: 60_000,
      shedQueueMs: 60_000,
      ...settings,
    } as Partial<Config>,
  });
}

export async function codeOf(answer: Response | Promise<Response>): Promise<string> {
  const { code } = (await (await answer).json()) as { code?: string };
  return code ?? "none";
}

/** Answers with what it was asked. */
export function echo(app: FastifyInstance): void {
  app.all("/*", async (request) => ({
    method: request.method,
    url: request.url,
    headers: request.headers,
    body: request.body ?? null,
  }));
}
