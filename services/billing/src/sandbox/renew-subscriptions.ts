import { randomUUIDv7 } from "node:crypto";
import { announce } from "./announce.ts";
import type { Sandbox } from "./sandbox.ts";
import { insertPayment, lockDueSubscriptions, updateSubscription } from "./sandbox-repository.ts";

const batch = 20;

/** Takes the money for the next period, or ends what was cancelled. Answers whether more may be due. */
export async function renewSubscriptions(sandbox: Sandbox): Promise<boolean> {
  const { database, clock, periodMs } = sandbox;
  const now = clock.now();
  const renewed = await database.transaction(async (tx) => {
    const due = await lockDueSubscriptions(tx, now, batch);
    for (const { ref, cancelAtPeriodEnd, periodEndsAt, amount, currency } of due) {
      if (cancelAtPeriodEnd) {
        await updateSubscription(tx, ref, { status: "ended" });
      } else {
        const nextEndsAt = new Date(periodEndsAt.getTime() + periodMs);
        await updateSubscription(tx, ref, { periodStartsAt: periodEndsAt, periodEndsAt: nextEndsAt });
        const payment = { ref: `pay_${randomUUIDv7()}`, amount, currency, paidAt: periodEndsAt };
        await insertPayment(tx, { ...payment, subject: ref });
      }
      await announce(tx, { ...sandbox, now }, { type: "subscription.changed", subscription: ref });
    }
    return due.length;
  });
  if (renewed > 0) sandbox.wakeSender();
  return renewed === batch;
}
