import { createAccessControl, createBus } from "@kismet/bus";
import { serveCustody } from "@kismet/custody";
import { createDatabase } from "@kismet/database";
import { type App, createHttpApp, type Parts } from "@kismet/service-kit";
import { onBlockCreated, onBlockRemoved } from "./blocks/on-block-changed.ts";
import { forgetAccountVersions, forgetProfileVersions } from "./candidates/candidates-repository.ts";
import { onAccountChanged } from "./candidates/on-account-changed.ts";
import { onProfileChanged } from "./candidates/on-profile-changed.ts";
import type { Config } from "./config.ts";
import { custody } from "./custody.ts";
import { registerDeckRoutes } from "./deck/deck-routes.ts";
import { forgetEntitlementVersions } from "./entitlements/entitlements-repository.ts";
import { onEntitlementChanged } from "./entitlements/on-entitlement-changed.ts";
import { registerLikesRoutes } from "./likes/likes-routes.ts";
import { registerMatchesRoutes } from "./matches/matches-routes.ts";
import * as schema from "./schema.ts";
import { keepSweeping } from "./superlikes/keep-sweeping.ts";
import { registerSwipesRoutes } from "./swipes/swipes-routes.ts";

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
    reset: forgetAccountVersions,
  });
  bus.consume({
    name: "profiles",
    source: "profile",
    handlers: [onProfileChanged, onBlockCreated, onBlockRemoved],
    poison: "park",
    // Blocks keep their versions: an old one that came as news again would end the match of two who made up since.
    reset: forgetProfileVersions,
  });
  bus.consume({
    name: "entitlements",
    source: "billing",
    handlers: [onEntitlementChanged],
    poison: "park",
    reset: forgetEntitlementVersions,
  });
  serveCustody(parts, { bus, database, custody });
  keepSweeping(parts, { database, bus });

  registerDeckRoutes(app, { database, clock });
  registerSwipesRoutes(app, { database, clock, bus, freeLikesPerDay: config.freeLikesPerDay });
  registerMatchesRoutes(app, { database, clock });
  registerLikesRoutes(app, { database, clock });
  return app;
}
