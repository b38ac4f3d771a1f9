import { type App, Counter, ownUrlOf, type Parts } from "@kismet/service-kit";
import type { Config } from "../config.ts";
import type { AgeDeps } from "./age-deps.ts";
import { donePath, resultPath, sandboxChecksPath } from "./age-paths.ts";
import { registerAgeRoutes } from "./age-routes.ts";
import { ageProviderSettings } from "./age-settings.ts";
import { createAgeProvider } from "./create-age-provider.ts";
import { endProofs } from "./end-proofs.ts";
import { registerAgeSandbox } from "./sandbox/sandbox-routes.ts";

/** Age assurance: docs/adr/age-assurance.md. */
export function serveAges(
  app: App,
  parts: Parts<Config>,
  deps: Omit<AgeDeps, "provider" | "outcomes" | "ageCheckSeconds" | "ageChecksPerDay">,
): void {
  const { publicUrl, ageCheckSeconds, ageChecksPerDay } = parts.config;
  const settings = ageProviderSettings(parts.config);
  const isSandbox = settings?.name === "sandbox";
  const own = (path: string) => {
    const url = ownUrlOf(app);
    return url === undefined ? undefined : `${url}${path}`;
  };
  const provider =
    settings &&
    createAgeProvider(parts, settings, {
      create: () => settings.url ?? own(sandboxChecksPath),
      // The sandbox is not outside: it need not come in by the gateway.
      result: () => (isSandbox ? own(resultPath) : `${publicUrl}${resultPath}`),
      back: `${publicUrl}${donePath}`,
    });
  const outcomes = new Counter({
    name: "kismet_age_checks_total",
    help: "Age checks that are over, by method and outcome",
    labelNames: ["method", "outcome"],
    registers: [parts.metrics],
  });
  const all = { ...deps, provider, outcomes, ageCheckSeconds, ageChecksPerDay };
  registerAgeRoutes(app, all);
  if (isSandbox) registerAgeSandbox(app, parts, { secret: settings.secret, publicUrl });
  endProofs(parts, all);
}
