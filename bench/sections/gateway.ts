import { domainServices, upstreamKey } from "@kismet/contracts";
import { runLoad } from "../load/run-load.ts";
import type { LoadResult } from "../load/measure.ts";
import { findNginx, startNginx } from "../peers/nginx.ts";
import { type Spawned, spawnPeer, spawnService } from "../system/spawn-process.ts";
import type { System } from "../system/start-system.ts";
import { newId } from "@kismet/testing";
import { concurrency } from "./plan.ts";
import { type Contestant, type Rounds, runRounds, type Section, type Shape } from "./rounds.ts";

const origin = "http://app.kismet.test";

export const routes = {
  public: "/v1/billing/catalogue",
  member: "/v1/matches",
} as const;
export type Route = keyof typeof routes;

export type GatewayResult = { rounds: Record<Route, Rounds>; contestants: string[] };

export async function benchGateway({ system, plan, progress }: Section): Promise<GatewayResult> {
  const upstream = await spawnPeer("upstream", [], system);
  const gateway = await startGateway(system, upstream.url);
  const bare = await spawnPeer("bare-proxy", [upstream.url], system);
  const nginx = findNginx();
  const proxies: [string, Spawned][] = [
    ["gateway", gateway],
    ["@fastify/http-proxy", bare],
  ];
  if (nginx) proxies.push(["nginx", await startNginx(nginx.path, upstream.url, system)]);
  const bench = async (route: Route): Promise<Rounds> => {
    progress(`gateway: ${proxies.length} proxies, ${route} route`);
    return runRounds(
      plan,
      proxies.map(([name, proxy]) => proxyContestant(system, name, proxy, route)),
    );
  };
  const rounds = { public: await bench("public"), member: await bench("member") };
  await Promise.all([upstream, ...proxies.map(([, proxy]) => proxy)].map((each) => each.stop()));
  return { rounds, contestants: proxies.map(([name]) => name) };
}

/** With everything on that a request meets in production; the limits are too high to refuse, and are counted as ever. */
export async function startGateway(
  system: System,
  upstreamUrl: string,
  profileFolder?: string,
): Promise<Spawned> {
  const collector = await spawnPeer("upstream", [], system);
  return spawnService(
    "gateway",
    { ...unrefusing(system, upstreamUrl), corsOrigins: origin, traceSample: 0.01 },
    {
      ...system,
      tracesUrl: collector.url,
      ...(profileFolder === undefined ? {} : { name: "gateway-profiled", profileFolder }),
    },
  );
}

/** Before one upstream, and never too much for it. */
export function unrefusing(
  { natsUrl, redisUrl }: System,
  upstreamUrl: string,
): Record<string, string | number> {
  return {
    natsUrl,
    redisUrl,
    limitScale: 1_000_000,
    // Saturated is what it would refuse.
    shedAfterMs: 60_000,
    shedQueueMs: 60_000,
    ...Object.fromEntries(domainServices.map((service) => [upstreamKey(service), upstreamUrl])),
  };
}

function proxyContestant(system: System, name: string, proxy: Spawned, route: Route): Contestant {
  return { name, run: (shapes) => loadProxy(system, proxy, route, shapes) };
}

export function loadProxy(
  system: System,
  proxy: Spawned,
  route: Route,
  shapes: readonly Shape[],
): Promise<LoadResult[]> {
  const headers = Array.from({ length: concurrency }, () => ({
    origin,
    accept: "application/json",
    "user-agent": "kismet-bench",
    ...(route === "member" ? { authorization: `Bearer ${system.signer.token({ memberId: newId() })}` } : {}),
  }));
  const pids = { proxy: proxy.pid };
  const input = {
    shapes: shapes.map((shape) => ({ ...shape, pids })),
    origin: proxy.url,
    path: routes[route],
    headers,
  };
  return runLoad("http-load", input, system.cleanup);
}
