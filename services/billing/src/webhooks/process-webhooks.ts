import {
  type Clock,
  contextFromHeaders,
  createPoller,
  type Logger,
  type Poller,
  runWithContext,
} from "@kismet/service-kit";
import type { Settlement } from "../settlement/settlement.ts";
import type { BillingDatabase } from "../storage.ts";
import { findByRef } from "../subscription/subscription-repository.ts";
import { finishEvent, takeEvents, type TakenEvent } from "./webhooks-repository.ts";

/** At once: each holds a connection while the provider answers. */
const batch = 4;
const settleTimeoutMs = 5_000;
/** Longer than processing can take, since it is also the wait before another try. */
const leaseMs = 15_000;
const maxAttempts = 20;

type Deps = { database: BillingDatabase; settlement: Settlement; clock: Clock; logger: Logger };

/** Reads again what recorded webhooks point at. Any instance takes any of them. */
export function createWebhookProcessor(deps: Deps): Poller {
  const { database, clock, logger } = deps;
  return createPoller(logger, {
    name: "webhook processor",
    everyMs: 1_000,
    timeoutMs: leaseMs,
    async work() {
      const taken = await database.transaction((tx) =>
        takeEvents(tx, { now: clock.now(), leaseMs, limit: batch }),
      );
      await Promise.all(taken.map((event) => processOne(deps, event)));
      return taken.length === batch;
    },
  });
}

async function processOne(deps: Deps, event: TakenEvent): Promise<void> {
  const header = (name: string) => (name === "x-request-id" ? event.requestId : undefined);
  await runWithContext(contextFromHeaders(header, { timeoutMs: settleTimeoutMs }), async () => {
    const { eventId, attempts } = event;
    try {
      await settle(deps, event);
      await finishEvent(deps.database.read, event);
    } catch (error) {
      deps.logger.warn({ err: error, eventId, attempts }, "a webhook could not be processed yet");
      // Reconciliation asks the provider all the same.
      if (attempts >= maxAttempts) await finishEvent(deps.database.read, event);
    }
  });
}

/** An event about something unknown to us is done: whatever it is, nobody bought it here. */
async function settle({ database, settlement }: Deps, event: TakenEvent): Promise<void> {
  const { provider, checkoutId, subscriptionRef } = event;
  if (checkoutId) await settlement.settleCheckout(checkoutId);
  if (subscriptionRef) {
    const subscription = await findByRef(database.read, provider, subscriptionRef);
    if (subscription) await settlement.settleSubscription(subscription.id);
  }
}
