import { createAccessControl, createBus } from "@kismet/bus";
import { serveCustody } from "@kismet/custody";
import { createDatabase } from "@kismet/database";
import { type App, createHttpApp, type Parts } from "@kismet/service-kit";
import { forgetAccounts } from "./accounts/accounts-repository.ts";
import { onAccountChanged } from "./accounts/on-account-changed.ts";
import { registerBlocksRoutes } from "./blocks/blocks-routes.ts";
import { registerCardsRoutes } from "./cards/cards-routes.ts";
import type { Config } from "./config.ts";
import { custody } from "./custody.ts";
import { registerLocationRoutes } from "./location/location-routes.ts";
import { registerPreferencesRoutes } from "./preferences/preferences-routes.ts";
import { registerProfileRoutes } from "./profile/profile-routes.ts";
import * as schema from "./schema.ts";

/** Wires the service; nothing connects before the lifecycle starts. */
export async function buildApp(parts: Parts<Config>): Promise<App> {
  const { clock, config } = parts;
  const database = createDatabase(parts, schema);
  const bus = createBus(parts, database);
  const app = createHttpApp(parts, { verifier: createAccessControl(parts, bus) });

  bus.consume({
    name: "accounts",
    source: "auth",
    handlers: [onAccountChanged],
    poison: "park",
    reset: forgetAccounts,
  });

  serveCustody(parts, { bus, database, custody });

  registerProfileRoutes(app, { database, bus, clock });
  registerPreferencesRoutes(app, { database, clock });
  registerLocationRoutes(app, { database, clock, rules: config });
  registerCardsRoutes(app, { database, clock });
  registerBlocksRoutes(app, { database, clock, maxBlocksPerMember: config.maxBlocksPerMember });
  return app;
}
