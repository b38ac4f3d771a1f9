import { randomUUIDv7 } from "node:crypto";
import { NotFound } from "@kismet/service-kit";
import { announce } from "./announce.ts";
import type { Sandbox } from "./sandbox.ts";
import { SandboxCheckoutClosed } from "./sandbox-errors.ts";
import {
  insertPayment,
  insertSubscription,
  lockCheckout,
  type SandboxCheckout,
  type SandboxTx,
  updateCheckout,
} from "./sandbox-repository.ts";

/** Pays once, whoever has the token and however often. */
export async function payCheckout(sandbox: Sandbox, token: string): Promise<void> {
  await sandbox.database.transaction(async (tx) => {
    const checkout = await lockCheckout(tx, { token });
    if (!checkout) throw new NotFound();
    if (checkout.status === "paid") return;
    const now = sandbox.clock.now();
    if (checkout.status === "closed" || checkout.expiresAt <= now) throw new SandboxCheckoutClosed();
    const { ref, amount, currency, merchantRef } = checkout;
    const subscription = checkout.recurring ? await subscribe(sandbox, tx, checkout, now) : undefined;
    await updateCheckout(tx, ref, { status: "paid", subscriptionRef: subscription ?? null });
    const payment = { ref: `pay_${randomUUIDv7()}`, amount, currency, paidAt: now };
    await insertPayment(tx, { ...payment, subject: subscription ?? ref });
    const announcing = { ...sandbox, now };
    await announce(tx, announcing, { type: "checkout.paid", merchantRef });
    if (subscription) await announce(tx, announcing, { type: "subscription.changed", subscription });
  });
  sandbox.wakeSender();
}

async function subscribe(
  { periodMs }: Sandbox,
  tx: SandboxTx,
  { amount, currency }: SandboxCheckout,
  now: Date,
): Promise<string> {
  const ref = `sub_${randomUUIDv7()}`;
  await insertSubscription(tx, {
    ref,
    amount,
    currency,
    status: "active",
    periodStartsAt: now,
    periodEndsAt: new Date(now.getTime() + periodMs),
  });
  return ref;
}
