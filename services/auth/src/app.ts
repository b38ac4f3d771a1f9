import { createAccessControl, createBus, createClientRegister } from "@kismet/bus";
import { KeyRevoked } from "@kismet/contracts";
import { serveCustody } from "@kismet/custody";
import { createDatabase, keepSealed } from "@kismet/database";
import { type App, createHttpApp, type Parts } from "@kismet/service-kit";
import { registerAccounts } from "./accounts/account-routes.ts";
import { serveAges } from "./age/serve-ages.ts";
import { serveCanaries } from "./canary/serve-canaries.ts";
import { registerClients } from "./clients/client-routes.ts";
import { recordStaffUse } from "./audit/record-staff-use.ts";
import { createAuthAudit } from "./audit/auth-audit.ts";
import { serveBrowsers } from "./browser/browser-sessions.ts";
import type { Config } from "./config.ts";
import { custody } from "./custody.ts";
import { registerEmailChangeRoutes } from "./email/email-change-routes.ts";
import { startErasures } from "./erasure/start-erasures.ts";
import { registerExports } from "./export/export-routes.ts";
import { startExports } from "./export/start-exports.ts";
import { publishKeys } from "./keys/jwks-routes.ts";
import { createKeyring } from "./keys/keyring.ts";
import { handleLetter } from "./letters/handle-letter.ts";
import { createLetterbox } from "./letters/letterbox.ts";
import { createMailLinks } from "./letters/mail-links.ts";
import { createMailer } from "./letters/mailer.ts";
import { createPostman } from "./letters/postman.ts";
import { registerOidcRoutes } from "./oidc/oidc-routes.ts";
import { createProviderClient } from "./oidc/provider-client.ts";
import { providerSettingsOf } from "./oidc/provider-settings.ts";
import { servePasskeyPage } from "./passkeys/passkey-page.ts";
import { registerPasskeyRoutes } from "./passkeys/passkey-routes.ts";
import { relyingPartyOf } from "./passkeys/relying-party.ts";
import { servePages } from "./pages/page-routes.ts";
import { createPasswordHasher, type PasswordHasher } from "./password/password-hasher.ts";
import { registerPasswordRoutes } from "./password/password-routes.ts";
import * as schema from "./schema.ts";
import { createDigests } from "./secrets/digests.ts";
import { createSealing } from "./secrets/sealing.ts";
import { registerSessionRoutes } from "./sessions/session-routes.ts";
import { registerSignupRoutes } from "./signup/signup-routes.ts";
import { createAtlas } from "./signin/atlas.ts";
import { registerFactorRoutes } from "./signin/factors-routes.ts";
import { createGuessGuard } from "./signin/guess-guard.ts";
import { registerSignInRoutes, registerStepUpRoutes } from "./signin/signin-routes.ts";
import { createFreshness } from "./signin/step-up.ts";
import { registerStaffRoutes } from "./staff/staff-routes.ts";
import { endSuspensions } from "./standing/end-suspensions.ts";
import { registerStandingRoutes } from "./standing/standing-routes.ts";
import { startUpkeep } from "./upkeep.ts";

export async function buildApp(
  parts: Parts<Config>,
  hasher: PasswordHasher = createPasswordHasher(),
): Promise<App> {
  const { config, clock } = parts;
  const relyingParty = relyingPartyOf(config);
  const clients = providerSettingsOf(config).map((settings) => createProviderClient(parts, settings));
  const providers = new Map(clients.map((client) => [client.name, client]));
  const links = createMailLinks(config);
  const database = createDatabase(parts, schema);
  const bus = createBus(parts, database);
  const audit = createAuthAudit(parts, database);
  const app = createHttpApp(parts, {
    verifier: createAccessControl(parts, bus),
    requireFresh: createFreshness({ database, clock, freshSeconds: config.freshSeconds }),
    clients: createClientRegister(parts, bus),
    recordStaff: (use) => recordStaffUse(database, use),
  });

  const digests = createDigests(config.hashSecret);
  const sealing = createSealing(config.keyEncryptionSecret, config.keyEncryptionSecretAlso);
  const { signingKeyDays, codeSeconds, codeIntervalMs, minimumAge, deletionDays, freshSeconds } = config;
  const keyring = createKeyring({ database, clock, sealing, signingKeyDays });
  const codes = {
    database,
    clock,
    digests,
    codeSeconds,
    codeIntervalMs,
    links,
    undoHours: config.emailUndoHours,
  };
  const postman = createPostman(parts, {
    database,
    sealing,
    mailer: createMailer(parts),
    handle: (letter, id) => handleLetter(codes, letter, id),
  });
  parts.lifecycle.add(postman);
  const letterbox = createLetterbox({ sealing, clock, posted: postman.poke });

  const deps = {
    ...codes,
    keyring,
    hasher,
    rules: config,
    letterbox,
    sealing,
    atlas: createAtlas(),
    guard: createGuessGuard({ database, clock, digests, settings: config, metrics: parts.metrics }),
    freshSeconds,
    relyingParty,
  };
  keepSealed(parts, database, audit);
  serveBrowsers(app, { digests, refreshDays: config.refreshDays });
  publishKeys(app, bus, keyring);
  bus.watch(KeyRevoked, { sinceMs: 60_000 }, () => keyring.forget());
  registerSignupRoutes(app, { ...deps, minimumAge });
  registerSignInRoutes(app, deps);
  registerStepUpRoutes(app, deps);
  registerFactorRoutes(app, deps);
  registerPasskeyRoutes(app, deps);
  servePasskeyPage(app, { providers, returnUrls: config.oidcReturnUrls });
  registerEmailChangeRoutes(app, deps);
  registerOidcRoutes(app, {
    ...deps,
    minimumAge,
    providers,
    publicUrl: config.publicUrl,
    returnUrls: config.oidcReturnUrls,
  });
  registerSessionRoutes(app, deps);
  registerPasswordRoutes(app, deps);
  await servePages(app, deps);
  serveCanaries(bus, { database, clock, logger: parts.logger });
  registerClients(app, bus, { database, clock });
  registerAccounts(app, bus, { ...deps, logger: parts.logger, deletionDays });
  const eraseHere = serveCustody(parts, { bus, database, custody });
  const overdueMs = config.erasureOverdueHours * 3_600_000;
  const archives = startExports(parts, { ...deps, ...config, bus, logger: parts.logger });
  registerExports(app, { ...deps, exportsPerDay: config.exportsPerDay, requested: archives.poke });
  startErasures(parts, { database, bus, clock, logger: parts.logger, eraseHere, overdueMs });
  registerStandingRoutes(app, deps);
  registerStaffRoutes(app, { ...deps, audit });
  endSuspensions(parts, deps);
  serveAges(app, parts, { ...deps, minimumAge });
  startUpkeep(parts, { database, keyring, sealing });
  return app;
}
