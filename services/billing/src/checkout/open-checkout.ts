import { createHash, randomUUIDv7 } from "node:crypto";
import type { CheckoutOpened, CheckoutRequest, Product } from "@kismet/contracts";
import type { Clock } from "@kismet/service-kit";
import { findProduct, products } from "../catalogue/catalogue.ts";
import { decidePrice } from "../catalogue/decide-price.ts";
import { lockMember } from "../entitlements/entitlements-repository.ts";
import type { Providers } from "../providers/providers.ts";
import type { Settlement } from "../settlement/settlement.ts";
import type { BillingDatabase, Tx } from "../storage.ts";
import { isRunning } from "../subscription/decide-running.ts";
import { SubscriptionExists } from "../subscription/subscription-errors.ts";
import { listActive } from "../subscription/subscription-repository.ts";
import { CheckoutClosed, IdempotencyKeyReused, ProductUnknown } from "./checkout-errors.ts";
import {
  findCheckout,
  findKey,
  insertCheckout,
  insertKey,
  listSuperseded,
  saveAnswer,
  type StoredCheckout,
  supersedeCheckouts,
  updateCheckout,
} from "./checkout-repository.ts";

export type CheckoutDeps = {
  database: BillingDatabase;
  providers: Providers;
  settlement: Settlement;
  clock: Clock;
  defaultCountry: string | undefined;
  patienceMs: number;
};

type Asked = { memberId: string; key: string; body: CheckoutRequest };

const subscriptionIds = products.filter((each) => each.kind === "subscription").map((each) => each.id);

/**
 * Begins a checkout: the key and the checkout in one transaction, the session at the provider, the answer in another.
 * Whatever breaks in between, the same request again goes on from there, as do duplicates at the same moment: the
 * provider knows the session by the checkout's id, and gives the same one.
 */
export async function openCheckout(deps: CheckoutDeps, asked: Asked): Promise<CheckoutOpened> {
  const product = findProduct(asked.body.productId);
  if (!product) throw new ProductUnknown();
  const provider = deps.providers.get(asked.body.provider);
  const { checkout, answer } = await claimKey(deps, asked, product);
  if (answer) return answer;
  if (product.kind === "subscription") await closeSuperseded(deps, asked.memberId);
  const session = await provider.createCheckout({
    checkoutId: checkout.id,
    productId: product.id,
    amount: checkout.amount,
    currency: checkout.currency,
    recurring: product.kind === "subscription",
  });
  return finish(deps, asked, product, checkout.id, session);
}

type Claim = { checkout: StoredCheckout; answer: CheckoutOpened | null };

async function claimKey(
  deps: CheckoutDeps,
  { memberId, key, body }: Asked,
  product: Product,
): Promise<Claim> {
  const { database, clock, defaultCountry, patienceMs } = deps;
  const bodyHash = hashOf(body);
  return database.transaction(async (tx) => {
    await lockMember(tx, memberId);
    const used = await findKey(tx, memberId, key);
    if (used) {
      if (used.bodyHash !== bodyHash) throw new IdempotencyKeyReused();
      const checkout = await findCheckout(tx, used.checkoutId);
      if (!checkout) throw new Error("a key refers to its checkout");
      return { checkout, answer: used.answer };
    }
    const now = clock.now();
    if (product.kind === "subscription") {
      await refuseSecond(tx, memberId, now);
      await supersedeCheckouts(tx, memberId, subscriptionIds);
    }
    const checkout = await insertCheckout(tx, {
      id: randomUUIDv7(),
      memberId,
      productId: product.id,
      provider: body.provider,
      ...decidePrice(product, body.country ?? defaultCountry),
      status: "creating",
      createdAt: now,
      reconcileAt: new Date(now.getTime() + patienceMs),
    });
    await insertKey(tx, { memberId, key, bodyHash, checkoutId: checkout.id, createdAt: now });
    return { checkout, answer: null };
  });
}

/** Only one can be paid: who opens two checkouts, in two windows perhaps, must not end up with two subscriptions. */
async function closeSuperseded(deps: CheckoutDeps, memberId: string): Promise<void> {
  for (const { id, provider, providerRef } of await listSuperseded(deps.database.read, memberId)) {
    if (providerRef) await deps.providers.get(provider).closeCheckout(providerRef);
    // It may have been paid a moment ago.
    await deps.settlement.settleCheckout(id);
  }
}

async function finish(
  { database, clock }: CheckoutDeps,
  { memberId, key }: Asked,
  product: Product,
  checkoutId: string,
  session: { ref: string; redirectUrl: string },
): Promise<CheckoutOpened> {
  const answer = await database.transaction(async (tx) => {
    await lockMember(tx, memberId);
    const earlier = await findKey(tx, memberId, key);
    if (earlier?.answer) return earlier.answer;
    const checkout = await findCheckout(tx, checkoutId);
    if (checkout?.status !== "creating") throw new CheckoutClosed();
    // Of the one that this superseded: without this, a payment that came first would be followed by a second one.
    if (product.kind === "subscription") await refuseSecond(tx, memberId, clock.now());
    const opened: CheckoutOpened = { checkoutId, redirectUrl: session.redirectUrl, status: "open" };
    await updateCheckout(tx, checkoutId, {
      status: "open",
      providerRef: session.ref,
      redirectUrl: session.redirectUrl,
    });
    await saveAnswer(tx, checkoutId, opened);
    return opened;
  });
  return answer;
}

async function refuseSecond(tx: Tx, memberId: string, now: Date): Promise<void> {
  const active = await listActive(tx, memberId);
  if (active.some((subscription) => isRunning(subscription, now))) throw new SubscriptionExists();
}

/** Of the meaning, not of the bytes: fields in another order are the same request. */
function hashOf({ productId, provider, country }: CheckoutRequest): string {
  const meaning = JSON.stringify([productId, provider, country ?? null]);
  return createHash("sha256").update(meaning).digest("base64url");
}
