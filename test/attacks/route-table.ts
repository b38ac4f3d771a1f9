import { readFileSync } from "node:fs";
import type { RouteTableEntry } from "@kismet/contracts";

/** Every address that there is from outside: attacks are laid over all of it. */
export const routeTable = JSON.parse(
  readFileSync(new URL("../../services/gateway/src/generated/routes.json", import.meta.url), "utf8"),
) as RouteTableEntry[];
