import { randomBytes, randomUUIDv7 } from "node:crypto";
import { signatureFault } from "@kismet/service-kit";
import type { CheckoutTruth, Payment, PaymentProvider } from "../providers/payment-provider.ts";
import { SubscriptionEnded, WebhookRefused } from "../providers/provider-errors.ts";
import { announce } from "./announce.ts";
import type { Sandbox } from "./sandbox.ts";
import { SandboxWebhook, signatureHeader } from "./sandbox-protocol.ts";
import {
  findCheckout,
  findSubscription,
  insertCheckout,
  listPayments,
  lockCheckout,
  lockSubscription,
  type SandboxCheckout,
  updateCheckout,
  updateSubscription,
} from "./sandbox-repository.ts";

const payWithinMs = 24 * 3_600_000;
const maxPayments = 24;

export function createSandboxProvider(sandbox: Sandbox): PaymentProvider {
  const { database, clock, publicUrl, webhookSecret: secret, toleranceSeconds } = sandbox;
  return {
    name: "sandbox",

    async createCheckout({ checkoutId, productId, amount, currency, recurring }) {
      const { ref, token } = await insertCheckout(database.read, {
        ref: `co_${randomUUIDv7()}`,
        merchantRef: checkoutId,
        token: randomBytes(32).toString("base64url"),
        description: productId,
        ...{ amount, currency, recurring },
        status: "open",
        expiresAt: new Date(clock.now().getTime() + payWithinMs),
      });
      return { ref, redirectUrl: `${publicUrl}/v1/billing/sandbox/checkouts/${token}` };
    },

    async closeCheckout(ref) {
      await database.transaction(async (tx) => {
        const checkout = await lockCheckout(tx, { ref });
        if (checkout?.status !== "open") return;
        await updateCheckout(tx, ref, { status: "closed" });
        const { merchantRef } = checkout;
        await announce(tx, { ...sandbox, now: clock.now() }, { type: "checkout.closed", merchantRef });
      });
      sandbox.wakeSender();
    },

    async readCheckout(ref) {
      const checkout = await findCheckout(database.read, { ref });
      if (!checkout) throw new Error("the sandbox has no such checkout");
      return truthOf(sandbox, checkout);
    },

    async readSubscription(ref) {
      const subscription = await findSubscription(database.read, ref);
      if (!subscription) throw new Error("the sandbox has no such subscription");
      const { status, cancelAtPeriodEnd, periodStartsAt, periodEndsAt } = subscription;
      const payments = await listPayments(database.read, ref, maxPayments);
      return { status, cancelAtPeriodEnd, periodStartsAt, periodEndsAt, payments: payments.map(asPayment) };
    },

    async setCancellation(ref, atPeriodEnd) {
      await database.transaction(async (tx) => {
        const subscription = await lockSubscription(tx, ref);
        const now = clock.now();
        if (subscription?.status !== "active") throw new SubscriptionEnded();
        const { cancelAtPeriodEnd, periodEndsAt } = subscription;
        if (cancelAtPeriodEnd && periodEndsAt <= now) throw new SubscriptionEnded();
        if (cancelAtPeriodEnd === atPeriodEnd) return;
        await updateSubscription(tx, ref, { cancelAtPeriodEnd: atPeriodEnd });
        await announce(tx, { ...sandbox, now }, { type: "subscription.changed", subscription: ref });
      });
      sandbox.wakeSender();
    },

    webhookBody: SandboxWebhook,

    verifyWebhook({ rawBody, headers }, now) {
      const fault = signatureFault(headers[signatureHeader], { secret, rawBody, now, toleranceSeconds });
      if (fault) throw new WebhookRefused(fault);
    },

    parseWebhook(body) {
      const { id, merchantRef, subscription } = body as SandboxWebhook;
      return { eventId: id, checkoutId: merchantRef ?? null, subscriptionRef: subscription ?? null };
    },
  };
}

async function truthOf({ database, clock }: Sandbox, checkout: SandboxCheckout): Promise<CheckoutTruth> {
  const { ref, status, subscriptionRef, expiresAt } = checkout;
  if (status === "open") return { status: expiresAt <= clock.now() ? "closed" : "open" };
  if (status === "closed") return { status };
  if (subscriptionRef !== null) return { status, payment: null, subscriptionRef };
  const [payment] = await listPayments(database.read, ref, 1);
  if (!payment) throw new Error("what was paid has a payment");
  return { status, payment: asPayment(payment), subscriptionRef: null };
}

function asPayment({ ref, amount, currency, paidAt }: Payment): Payment {
  return { ref, amount, currency, paidAt };
}
