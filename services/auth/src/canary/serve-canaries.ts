import type { Bus } from "@kismet/bus";
import { ListCanaries, SetCanary } from "@kismet/contracts";
import type { Clock, Logger } from "@kismet/service-kit";
import type { AuthDatabase } from "../storage.ts";
import { findCanaries, splitOf } from "./canaries-repository.ts";
import { setCanary } from "./set-canary.ts";

/** Kept here for the edge, which has no database (docs/adr/canary.md). */
export function serveCanaries(
  bus: Bus,
  { database, clock, logger }: { database: AuthDatabase; clock: Clock; logger: Logger },
): void {
  bus.serve(ListCanaries, async () => ({ splits: (await findCanaries(database.read)).map(splitOf) }));
  bus.serve(SetCanary, async (change) => {
    const split = await setCanary({ database, clock }, change);
    logger.warn({ canary: split, asked: change.weight }, "canary split");
    return split;
  });
}
