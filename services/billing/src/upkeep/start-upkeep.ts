import { pollAsLeader } from "@kismet/database";
import type { Parts } from "@kismet/service-kit";
import { deleteKeysBefore } from "../checkout/checkout-repository.ts";
import type { Config } from "../config.ts";
import { listOverdueMembers } from "../entitlements/entitlements-repository.ts";
import { readEntitlements } from "../entitlements/read-entitlements.ts";
import { attempt } from "./attempt.ts";
import { reconcile, type ReconcileDeps } from "./reconcile.ts";

const overdueBatch = 100;
/** Longer than any client goes on retrying. */
const keepKeysMs = 7 * 86_400_000;

/**
 * What happens without anybody asking: tiers and included consumables end, providers are asked what their webhooks
 * have not told, old idempotency keys are forgotten. One instance does it at a time; two of them would do no harm.
 */
export function startUpkeep(parts: Parts<Config>, deps: ReconcileDeps): void {
  const { database, clock, logger } = deps;
  pollAsLeader(parts, database, {
    name: "upkeep",
    everyMs: parts.config.upkeepMs,
    timeoutMs: 60_000,
    async work() {
      let ended = 0;
      const overdue = await listOverdueMembers(database.read, clock.now(), overdueBatch);
      // Reading an overdue view is what brings it up to date.
      for (const memberId of overdue) {
        if (await attempt(logger, memberId, () => readEntitlements({ database, clock }, memberId)))
          ended += 1;
      }
      const moreToAsk = await reconcile(deps);
      const before = new Date(clock.now().getTime() - keepKeysMs);
      await database.transaction((tx) => deleteKeysBefore(tx, before));
      return moreToAsk || ended === overdueBatch;
    },
  });
}
