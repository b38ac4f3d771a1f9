import { readFileSync } from "node:fs";
import type { RouteTableEntry } from "@kismet/contracts";

/** What the services' own routes say, as `npm run generate` wrote it down; a check keeps it fresh. */
export function loadRouteTable(): RouteTableEntry[] {
  return readGenerated("routes.json") as RouteTableEntry[];
}

export function loadOpenApi(): object {
  return readGenerated("openapi.json") as object;
}

function readGenerated(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../generated/${name}`, import.meta.url), "utf8"));
}
