import { createAccessControl, createBus } from "@kismet/bus";
import { serveCustody } from "@kismet/custody";
import { createDatabase } from "@kismet/database";
import { type App, createHttpApp, ownUrlOf, type Parts } from "@kismet/service-kit";
import { registerCatalogueRoutes } from "./catalogue/catalogue-routes.ts";
import { registerCheckoutRoutes } from "./checkout/checkout-routes.ts";
import { type Config, sandboxSettings } from "./config.ts";
import { custody } from "./custody.ts";
import { serveEnding } from "./erasure/end-subscription.ts";
import { settleForErasure } from "./erasure/settle-for-erasure.ts";
import { registerEntitlements } from "./entitlements/entitlement-routes.ts";
import { serveConsumables } from "./ledger/consumable-endpoints.ts";
import { createProviders } from "./providers/providers.ts";
import { createSandbox } from "./sandbox/sandbox.ts";
import { createSandboxProvider } from "./sandbox/sandbox-provider.ts";
import { registerSandboxRoutes } from "./sandbox/sandbox-routes.ts";
import * as schema from "./schema.ts";
import { createSettlement } from "./settlement/settlement.ts";
import { registerSubscriptionRoutes } from "./subscription/subscription-routes.ts";
import { startUpkeep } from "./upkeep/start-upkeep.ts";
import { createWebhookProcessor } from "./webhooks/process-webhooks.ts";
import { registerWebhookRoute } from "./webhooks/webhook-routes.ts";

export async function buildApp(parts: Parts<Config>): Promise<App> {
  const { config, clock, logger } = parts;
  const database = createDatabase(parts, schema);
  const bus = createBus(parts, database);
  const app = createHttpApp(parts, { verifier: createAccessControl(parts, bus) });

  const settings = sandboxSettings(config);
  const sandbox = settings && createSandbox(parts, settings, () => ownWebhookUrl(app));
  const providers = createProviders(parts, sandbox ? [createSandboxProvider(sandbox)] : []);
  const patienceMs = config.webhookPatienceMs;
  const renewalGraceMs = config.renewalGraceSeconds * 1_000;
  const places = Math.max(1, Math.floor(config.databasePoolSize / 2));
  const settlement = createSettlement({ database, providers, clock, places, renewalGraceMs, patienceMs });
  const deps = { database, providers, settlement, clock, logger, patienceMs };

  registerCatalogueRoutes(app, providers.names);
  registerCheckoutRoutes(app, { ...deps, defaultCountry: config.defaultCountry });
  registerSubscriptionRoutes(app, deps);
  registerEntitlements(app, bus, deps);
  serveConsumables(bus, deps);

  serveCustody(parts, { bus, database, custody, before: (memberId) => settleForErasure(deps, memberId) });
  serveEnding(bus, deps);

  const processor = createWebhookProcessor(deps);
  parts.lifecycle.add(processor);
  for (const name of providers.names) {
    registerWebhookRoute(app, providers.get(name), { database, clock, recorded: processor.poke });
  }
  if (sandbox) registerSandboxRoutes(app, sandbox);
  startUpkeep(parts, deps);
  return app;
}

/** The sandbox posts there by default. */
function ownWebhookUrl(app: App): string | undefined {
  const url = ownUrlOf(app);
  return url === undefined ? undefined : `${url}/v1/billing/webhooks/sandbox`;
}
