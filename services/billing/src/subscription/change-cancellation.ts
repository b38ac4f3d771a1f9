import type { Clock } from "@kismet/service-kit";
import type { Providers } from "../providers/providers.ts";
import { SubscriptionEnded } from "../providers/provider-errors.ts";
import type { Settlement } from "../settlement/settlement.ts";
import type { BillingDatabase } from "../storage.ts";
import { isRunning } from "./decide-running.ts";
import { SubscriptionNotFound } from "./subscription-errors.ts";
import { findSubscription, listActive, type StoredSubscription } from "./subscription-repository.ts";

type Deps = { database: BillingDatabase; clock: Clock; providers: Providers; settlement: Settlement };

export async function readRunning(
  { database, clock }: Pick<Deps, "database" | "clock">,
  memberId: string,
): Promise<StoredSubscription> {
  const active = await listActive(database.read, memberId);
  const running = active.find((subscription) => isRunning(subscription, clock.now()));
  if (!running) throw new SubscriptionNotFound();
  return running;
}

/**
 * Cancels at the end of the period, or takes that back. The provider decides; what it says afterwards is read at once,
 * so that the answer does not wait for its webhook.
 */
export async function changeCancellation(
  deps: Deps,
  memberId: string,
  atPeriodEnd: boolean,
): Promise<StoredSubscription> {
  const { database, providers, settlement } = deps;
  const { id, provider, providerRef } = await readRunning(deps, memberId);
  try {
    await providers.get(provider).setCancellation(providerRef, atPeriodEnd);
  } catch (error) {
    if (error instanceof SubscriptionEnded) await settlement.settleSubscription(id);
    throw error;
  }
  await settlement.settleSubscription(id);
  const changed = await findSubscription(database.read, id);
  if (!changed) throw new Error("subscriptions are never deleted");
  return changed;
}
