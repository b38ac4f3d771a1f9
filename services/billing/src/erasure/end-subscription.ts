import type { Bus } from "@kismet/bus";
import { EndSubscription, type EndedSubscription } from "@kismet/contracts";
import type { Clock, Logger } from "@kismet/service-kit";
import type { Providers } from "../providers/providers.ts";
import type { Settlement } from "../settlement/settlement.ts";
import type { BillingDatabase } from "../storage.ts";
import { changeCancellation } from "../subscription/change-cancellation.ts";
import { isRunning } from "../subscription/decide-running.ts";
import { listActive } from "../subscription/subscription-repository.ts";

type Deps = {
  database: BillingDatabase;
  clock: Clock;
  providers: Providers;
  settlement: Settlement;
  logger: Logger;
};

export function serveEnding(bus: Bus, deps: Deps): void {
  bus.serve(EndSubscription, ({ memberId }) => endSubscription(deps, memberId));
}

/**
 * Of a member who leaves: their subscription ends with its period, and may be resumed if they come back. If the provider
 * can't be asked now, it is said, and tried again before the member is erased.
 */
async function endSubscription(deps: Deps, memberId: string): Promise<EndedSubscription> {
  const active = await listActive(deps.database.read, memberId);
  const running = active.find((subscription) => isRunning(subscription, deps.clock.now()));
  if (!running) return { status: "none", endsAt: null };
  const endsAt = running.periodEndsAt.toISOString();
  if (running.cancelAtPeriodEnd) return { status: "cancelled", endsAt };
  try {
    await changeCancellation(deps, memberId, true);
    return { status: "cancelled", endsAt };
  } catch (error) {
    deps.logger.warn({ err: error }, "the subscription of a member who leaves could not be cancelled yet");
    return { status: "running", endsAt };
  }
}
