import { randomUUIDv7 } from "node:crypto";
import type { Clock } from "@kismet/service-kit";
import { findProduct, tiers } from "../catalogue/catalogue.ts";
import { findCheckout, type StoredCheckout, updateCheckout } from "../checkout/checkout-repository.ts";
import { lockMember } from "../entitlements/entitlements-repository.ts";
import { refreshEntitlements } from "../entitlements/refresh-entitlements.ts";
import { grantConsumables, recordPayment } from "../ledger/movements.ts";
import type { CheckoutTruth, Payment, SubscriptionTruth } from "../providers/payment-provider.ts";
import type { Providers } from "../providers/providers.ts";
import {
  findSubscription,
  saveSubscription,
  type StoredSubscription,
} from "../subscription/subscription-repository.ts";
import type { BillingDatabase, Tx } from "../storage.ts";
import { createGate } from "./gate.ts";
import { decideNextCheckoutLook, decideNextSubscriptionLook } from "./decide-next-look.ts";

/**
 * Makes ours what the provider says is true. The truth is read with the member locked: of two that settle at once the
 * later one reads later, so that what is older can't overwrite what is newer, however webhooks come.
 */
export type Settlement = {
  settleCheckout(checkoutId: string): Promise<void>;
  settleSubscription(subscriptionId: string): Promise<void>;
};

type Deps = {
  database: BillingDatabase;
  providers: Providers;
  clock: Clock;
  /** How many settle at a time: each holds a connection while the provider answers. */
  places: number;
  renewalGraceMs: number;
  patienceMs: number;
};

export function createSettlement(deps: Deps): Settlement {
  const { database, providers, clock, places } = deps;
  const gate = createGate(places);
  const locked = (memberId: string, work: (tx: Tx) => Promise<void>) =>
    gate(() =>
      database.transaction(async (tx) => {
        const member = await lockMember(tx, memberId);
        await work(tx);
        await refreshEntitlements(tx, member, clock.now());
      }),
    );
  return {
    async settleCheckout(checkoutId) {
      const known = await findCheckout(database.read, checkoutId);
      if (!known || isSettled(known)) return;
      await locked(known.memberId, async (tx) => {
        const checkout = await findCheckout(tx, checkoutId);
        if (!checkout?.providerRef || isSettled(checkout)) return;
        const truth = await providers.get(checkout.provider).readCheckout(checkout.providerRef);
        await applyCheckout(deps, tx, checkout, truth);
      });
    },

    async settleSubscription(subscriptionId) {
      const known = await findSubscription(database.read, subscriptionId);
      if (!known) return;
      await locked(known.memberId, async (tx) => {
        const truth = await providers.get(known.provider).readSubscription(known.providerRef);
        await applySubscription(deps, tx, known, truth);
      });
    },
  };
}

function isSettled({ status }: StoredCheckout): boolean {
  return status === "paid" || status === "closed";
}

async function applyCheckout(
  deps: Deps,
  tx: Tx,
  checkout: StoredCheckout,
  truth: CheckoutTruth,
): Promise<void> {
  const { clock, patienceMs } = deps;
  const now = clock.now();
  if (truth.status === "open") {
    const reconcileAt = decideNextCheckoutLook(checkout.createdAt, { now, patienceMs });
    return updateCheckout(tx, checkout.id, { reconcileAt });
  }
  if (truth.status === "closed") {
    return updateCheckout(tx, checkout.id, { status: "closed", reconcileAt: null });
  }
  const paidAt = truth.payment?.paidAt ?? now;
  await updateCheckout(tx, checkout.id, { status: "paid", paidAt, reconcileAt: null });
  if (truth.payment === null) await beginSubscription(deps, tx, checkout, truth.subscriptionRef);
  else await deliverConsumables(tx, checkout, truth.payment, now);
}

async function deliverConsumables(
  tx: Tx,
  { id, memberId, provider, productId }: StoredCheckout,
  payment: Payment,
  now: Date,
): Promise<void> {
  const product = findProduct(productId);
  if (product?.kind !== "consumable") throw new Error(`${productId} was paid once and is no consumable`);
  const { consumable, quantity } = product;
  await recordPayment(tx, memberId, provider, payment);
  const key = `checkout:${id}`;
  await grantConsumables(tx, { key, memberId, consumable, quantity, grantedAt: now, expiresAt: null });
}

async function beginSubscription(
  deps: Deps,
  tx: Tx,
  { memberId, provider, productId }: StoredCheckout,
  providerRef: string,
): Promise<void> {
  const product = findProduct(productId);
  if (product?.kind !== "subscription")
    throw new Error(`${productId} was subscribed to and is no subscription`);
  const truth = await deps.providers.get(provider).readSubscription(providerRef);
  const begun = { id: randomUUIDv7(), memberId, provider, providerRef, productId, tier: product.tier };
  await applySubscription(deps, tx, { ...begun, createdAt: deps.clock.now() }, truth);
}

type Begun = Pick<
  StoredSubscription,
  "id" | "memberId" | "provider" | "providerRef" | "productId" | "tier" | "createdAt"
>;

async function applySubscription(deps: Deps, tx: Tx, known: Begun, truth: SubscriptionTruth): Promise<void> {
  const { id, memberId, provider, providerRef, productId, tier, createdAt } = known;
  const { clock, renewalGraceMs, patienceMs } = deps;
  const { status, cancelAtPeriodEnd, periodStartsAt, periodEndsAt, payments } = truth;
  const now = clock.now();
  const mayRenew = status === "active" && !cancelAtPeriodEnd;
  await saveSubscription(tx, {
    ...{ id, memberId, provider, providerRef, productId, tier, createdAt },
    ...{ status, cancelAtPeriodEnd, periodStartsAt, periodEndsAt },
    paidUntil: mayRenew ? new Date(periodEndsAt.getTime() + renewalGraceMs) : periodEndsAt,
    reconcileAt: decideNextSubscriptionLook(truth, { now, patienceMs }),
  });
  for (const payment of payments) await recordPayment(tx, memberId, provider, payment);
  if (status === "ended" || periodEndsAt <= now) return;
  for (const consumable of ["superlikes", "boosts"] as const) {
    const quantity = tiers[tier].included[consumable];
    if (quantity === 0) continue;
    const key = `included:${provider}:${providerRef}:${periodStartsAt.toISOString()}:${consumable}`;
    const grantedAt = now;
    await grantConsumables(tx, { key, memberId, consumable, quantity, grantedAt, expiresAt: periodEndsAt });
  }
}
