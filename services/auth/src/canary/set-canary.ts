import { emit } from "@kismet/bus";
import { CanaryChanged, type CanarySplit, type SetCanary } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import type { Clock } from "@kismet/service-kit";
import type { Static } from "typebox";
import type { AuthDatabase } from "../storage.ts";
import { lockCanary, saveCanary, splitOf } from "./canaries-repository.ts";

/** Changes how much of a service's traffic its canary gets, and tells the gateways. The same once more changes nothing. */
export async function setCanary(
  { database, clock }: { database: AuthDatabase; clock: Clock },
  { service, weight, by, reason, ifVersion }: Static<typeof SetCanary.request>,
): Promise<CanarySplit> {
  return database.transaction(async (tx) => {
    const known = await lockCanary(tx, service, clock.now());
    const isStale = ifVersion !== undefined && ifVersion !== known.version;
    if (known.version > 0 && (isStale || weight === known.weight)) return splitOf(known);
    const changed = {
      ...known,
      weight,
      version: known.version + 1,
      changedAt: clock.now(),
      changedBy: by,
      reason: reason ?? null,
    };
    await saveCanary(tx, changed);
    const operator = /^operator (.+)$/.exec(by)?.[1];
    await recordAudit(tx, {
      action: "auth.canary.set",
      actor: operator === undefined ? { kind: "system" } : { kind: "operator", name: operator },
      details: { service, weight, before: known.weight, by, reason: reason ?? null },
    });
    await emit(tx, CanaryChanged, { aggregateId: `canary-${service}`, payload: splitOf(changed) });
    return splitOf(changed);
  });
}
