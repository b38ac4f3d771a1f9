import { Catalogue, type ProviderName } from "@kismet/contracts";
import type { App } from "@kismet/service-kit";
import { catalogue } from "./catalogue.ts";

export function registerCatalogueRoutes(app: App, providers: ProviderName[]): void {
  const answer = catalogue(providers);
  app.route({
    method: "GET",
    url: "/v1/billing/catalogue",
    schema: { summary: "What can be bought, with all prices", response: { 200: Catalogue } },
    config: {
      policy: {
        auth: "public",
        limit: "read",
        bodyLimit: 1_024,
        timeoutMs: 1_000,
        idempotent: true,
        compress: true,
        poll: true,
      },
    },
    handler: async () => answer,
  });
}
