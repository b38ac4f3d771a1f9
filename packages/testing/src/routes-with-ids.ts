import { readFileSync } from "node:fs";
import type { ServiceName } from "@kismet/contracts";

const table = new URL("../../../services/gateway/src/generated/routes.json", import.meta.url);

type Entry = { service: ServiceName; method: string; path: string; policy: { anyStatus?: boolean } };

/**
 * The routes of a service that take an id, as `GET /v1/things/:id`, out of the generated table: what a test of other
 * members' objects (A14) has to try, so that a new route fails the test until it is tried too.
 */
export function routesWithIds(service: ServiceName): string[] {
  return routesOf(service, ({ path }) => path.includes(":"));
}

/** Those that are open to members whose account is not active. */
export function routesOfAnyStatus(service: ServiceName): string[] {
  return routesOf(service, ({ policy }) => policy.anyStatus === true);
}

function routesOf(service: ServiceName, isMeant: (entry: Entry) => boolean): string[] {
  const entries = JSON.parse(readFileSync(table, "utf8")) as Entry[];
  return entries
    .filter((entry) => entry.service === service && isMeant(entry))
    .map(({ method, path }) => `${method} ${path}`)
    .sort();
}
