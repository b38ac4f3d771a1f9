import { ConfigurationError, variableOf } from "@kismet/service-kit";
import type { Config } from "../config.ts";

export type AgeProviderSettings = {
  name: "sandbox" | "provider";
  /** Of a real one; the sandbox is this service itself. */
  url: string | undefined;
  secret: string;
};

/** What one setting demands of others; undefined if there is no provider, and no age can be proven. */
export function ageProviderSettings(config: Config): AgeProviderSettings | undefined {
  const { ageSandboxEnabled, ageProviderUrl: url, ageProviderSecret: secret, env } = config;
  const faults: { variable: string; problem: string }[] = [];
  const refuse = (key: keyof Config, problem: string) => faults.push({ variable: variableOf(key), problem });
  const isWanted = ageSandboxEnabled || url !== undefined;
  if (ageSandboxEnabled && env === "production") refuse("ageSandboxEnabled", "must not be on in production");
  if (ageSandboxEnabled && url !== undefined) refuse("ageProviderUrl", "is of no use beside the sandbox");
  if (url !== undefined && env === "production" && !url.startsWith("https://"))
    refuse("ageProviderUrl", "must begin with https://");
  if (isWanted && secret === undefined) refuse("ageProviderSecret", "is missing, and ages are checked");
  if (faults.length > 0) throw new ConfigurationError(faults);
  if (!isWanted || secret === undefined) return undefined;
  return { name: ageSandboxEnabled ? "sandbox" : "provider", url, secret };
}
