import { Subscription } from "@kismet/contracts";
import type { App, Clock } from "@kismet/service-kit";
import type { Providers } from "../providers/providers.ts";
import type { Settlement } from "../settlement/settlement.ts";
import type { BillingDatabase } from "../storage.ts";
import { changeCancellation, readRunning } from "./change-cancellation.ts";
import type { StoredSubscription } from "./subscription-repository.ts";

/** Any status: who is about to leave must be able to stop paying. */
const reading = {
  auth: "member",
  limit: "read",
  bodyLimit: 1_024,
  timeoutMs: 2_000,
  idempotent: true,
  anyStatus: true,
} as const;
const changing = { ...reading, limit: "write", timeoutMs: 8_000 } as const;

export function registerSubscriptionRoutes(
  app: App,
  deps: { database: BillingDatabase; clock: Clock; providers: Providers; settlement: Settlement },
): void {
  app.route({
    method: "GET",
    url: "/v1/billing/subscription",
    schema: { summary: "The running subscription", response: { 200: Subscription } },
    config: { policy: reading },
    handler: async (request) => asSubscription(await readRunning(deps, request.member.memberId)),
  });
  app.route({
    method: "POST",
    url: "/v1/billing/subscription/cancel",
    schema: {
      summary: "End the subscription with its period; the tier stays until then",
      response: { 200: Subscription },
    },
    config: { policy: changing },
    handler: async (request) => asSubscription(await changeCancellation(deps, request.member.memberId, true)),
  });
  app.route({
    method: "POST",
    url: "/v1/billing/subscription/resume",
    schema: { summary: "Take back a cancellation", response: { 200: Subscription } },
    config: { policy: changing },
    handler: async (request) =>
      asSubscription(await changeCancellation(deps, request.member.memberId, false)),
  });
}

function asSubscription(stored: StoredSubscription): Subscription {
  const { id, productId, tier, provider, periodStartsAt, periodEndsAt, cancelAtPeriodEnd } = stored;
  return {
    id,
    productId,
    tier,
    provider,
    periodStartsAt: periodStartsAt.toISOString(),
    periodEndsAt: periodEndsAt.toISOString(),
    cancelAtPeriodEnd,
  };
}
