import type { Clock } from "@kismet/service-kit";
import { listUnfinished } from "../checkout/checkout-repository.ts";
import type { Providers } from "../providers/providers.ts";
import type { Settlement } from "../settlement/settlement.ts";
import type { BillingDatabase } from "../storage.ts";
import { changeCancellation } from "../subscription/change-cancellation.ts";
import { isRunning } from "../subscription/decide-running.ts";
import { listActive } from "../subscription/subscription-repository.ts";

type Deps = { database: BillingDatabase; clock: Clock; providers: Providers; settlement: Settlement };

/**
 * Leaves nothing at a provider that could still take money of a member who is erased: what is open there is closed, or
 * turns out to have been paid, and what runs is cancelled. Throws if a provider can't be asked: the erasure waits.
 */
export async function settleForErasure(deps: Deps, memberId: string): Promise<void> {
  const { database, providers, settlement, clock } = deps;
  for (const { id, provider, providerRef } of await listUnfinished(database.read, memberId)) {
    if (providerRef) await providers.get(provider).closeCheckout(providerRef);
    await settlement.settleCheckout(id);
  }
  const active = await listActive(database.read, memberId);
  const running = active.find((subscription) => isRunning(subscription, clock.now()));
  if (running && !running.cancelAtPeriodEnd) await changeCancellation(deps, memberId, true);
}
