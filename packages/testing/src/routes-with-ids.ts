import { readFileSync } from "node:fs";
import type { ServiceName } from "@kismet/contracts";

const table = new URL("../../../services/gateway/src/generated/routes.json", import.meta.url);

/**
 * The routes of a service that take an id, as `GET /v1/things/:id`, out of the generated table: what a test of other
 * members' objects (A14) has to try, so that a new route fails the test until it is tried too.
 */
export function routesWithIds(service: ServiceName): string[] {
  const routes = JSON.parse(readFileSync(table, "utf8")) as {
    service: ServiceName;
    method: string;
    path: string;
  }[];
  return routes
    .filter((route) => route.service === service && route.path.includes(":"))
    .map(({ method, path }) => `${method} ${path}`)
    .sort();
}
