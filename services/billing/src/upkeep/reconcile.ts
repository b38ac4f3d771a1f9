import type { Clock, Logger } from "@kismet/service-kit";
import {
  findCheckout,
  type StoredCheckout,
  takeDueCheckouts,
  updateCheckout,
} from "../checkout/checkout-repository.ts";
import { lockMember } from "../entitlements/entitlements-repository.ts";
import type { Providers } from "../providers/providers.ts";
import type { Settlement } from "../settlement/settlement.ts";
import type { BillingDatabase } from "../storage.ts";
import { takeDueSubscriptions } from "../subscription/subscription-repository.ts";
import { attempt } from "./attempt.ts";

export type ReconcileDeps = {
  database: BillingDatabase;
  providers: Providers;
  settlement: Settlement;
  clock: Clock;
  logger: Logger;
  patienceMs: number;
};

const batch = 20;
/** A checkout whose answer from the provider was lost is still finished by the same request again, for this long. */
const abandonAfterMs = 3_600_000;

/** Asks the providers about everything of which a webhook should have come by now. Answers whether more may be due. */
export async function reconcile(deps: ReconcileDeps): Promise<boolean> {
  const { database, clock, logger, patienceMs } = deps;
  const now = clock.now();
  const again = new Date(now.getTime() + patienceMs);
  const [checkouts, subscriptions] = await database.transaction(async (tx) => [
    await takeDueCheckouts(tx, now, again, batch),
    await takeDueSubscriptions(tx, now, again, batch),
  ]);
  for (const checkout of checkouts)
    await attempt(logger, checkout.id, () => reconcileCheckout(deps, checkout));
  for (const id of subscriptions) await attempt(logger, id, () => deps.settlement.settleSubscription(id));
  return checkouts.length === batch || subscriptions.length === batch;
}

async function reconcileCheckout(deps: ReconcileDeps, checkout: StoredCheckout): Promise<void> {
  const { id, status, superseded, provider, providerRef, createdAt } = checkout;
  if (status === "creating") {
    if (deps.clock.now().getTime() - createdAt.getTime() > abandonAfterMs) await abandon(deps, checkout);
    return;
  }
  if (superseded && providerRef) await deps.providers.get(provider).closeCheckout(providerRef);
  await deps.settlement.settleCheckout(id);
}

async function abandon({ database }: ReconcileDeps, { id, memberId }: StoredCheckout): Promise<void> {
  await database.transaction(async (tx) => {
    await lockMember(tx, memberId);
    const checkout = await findCheckout(tx, id);
    if (checkout?.status === "creating")
      await updateCheckout(tx, id, { status: "closed", reconcileAt: null });
  });
}
