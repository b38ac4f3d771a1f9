import { strict } from "@kismet/contracts";
import { type App, type Clock } from "@kismet/service-kit";
import { Type } from "typebox";
import type { PaymentProvider } from "../providers/payment-provider.ts";
import { WebhookRefused } from "../providers/provider-errors.ts";
import type { BillingDatabase } from "../storage.ts";
import { recordEvent } from "./webhooks-repository.ts";

type Deps = { database: BillingDatabase; clock: Clock; recorded: () => void };

/** Answers 200 once the event is on disk; what it means is found out afterwards, by asking the provider. */
export function registerWebhookRoute(
  app: App,
  provider: PaymentProvider,
  { database, clock, recorded }: Deps,
): void {
  app.route({
    method: "POST",
    url: `/v1/billing/webhooks/${provider.name}`,
    schema: {
      summary: `What ${provider.name} tells; signed`,
      body: provider.webhookBody,
      response: { 200: strict({ received: Type.Literal(true) }) },
    },
    config: {
      policy: { auth: "webhook", limit: "webhook", bodyLimit: 65_536, timeoutMs: 3_000, idempotent: true },
    },
    handler: async (request) => {
      const { rawBody, headers, body } = request;
      if (!rawBody) throw new WebhookRefused("no body");
      const at = clock.now();
      provider.verifyWebhook({ rawBody, headers }, at);
      const { requestId } = request.requestContext;
      const notice = provider.parseWebhook(body);
      if (await recordEvent(database.read, provider.name, notice, { requestId, at })) recorded();
      return { received: true as const };
    },
  });
}
