import type { OidcProvider } from "@kismet/contracts";
import { ConfigurationError, variableOf } from "@kismet/service-kit";
import type { Config } from "../config.ts";
import { appleSecret } from "./apple-secret.ts";

/** A provider as it is configured. */
export type ProviderSettings = {
  name: OidcProvider;
  /** For people. */
  title: string;
  issuer: URL;
  clientId: string;
  clientSecret: () => string;
  scope: string;
  responseMode: "query" | "form_post";
  /** Beside the issuer's own: nothing else is ever asked, whatever its metadata names. */
  hosts: readonly string[];
};

type Key = keyof Config;

/** Those that are configured. Half of a configuration is none, and stops the service while it starts. */
export function providerSettingsOf(config: Config): ProviderSettings[] {
  return [google(config), apple(config), development(config)].filter((settings) => settings !== undefined);
}

function google(config: Config): ProviderSettings | undefined {
  const { googleIssuer, googleClientId: clientId, googleClientSecret: secret } = config;
  if (!isComplete(config, ["googleClientId", "googleClientSecret"])) return undefined;
  return {
    name: "google",
    title: "Google",
    issuer: issuerOf(config, "googleIssuer", googleIssuer),
    clientId: clientId ?? "",
    clientSecret: () => secret ?? "",
    scope: "openid email profile",
    responseMode: "query",
    hosts: ["oauth2.googleapis.com", "www.googleapis.com", "openidconnect.googleapis.com"],
  };
}

function apple(config: Config): ProviderSettings | undefined {
  const { appleIssuer, appleClientId, appleTeamId, appleKeyId, applePrivateKey } = config;
  if (!isComplete(config, ["appleClientId", "appleTeamId", "appleKeyId", "applePrivateKey"]))
    return undefined;
  const issuer = issuerOf(config, "appleIssuer", appleIssuer);
  const clientId = appleClientId ?? "";
  const key = { teamId: appleTeamId ?? "", keyId: appleKeyId ?? "", privateKey: applePrivateKey ?? "" };
  return {
    name: "apple",
    title: "Apple",
    issuer,
    clientId,
    clientSecret: appleSecret({ ...key, clientId, audience: appleIssuer }),
    scope: "openid email name",
    // With a scope Apple answers in no other way.
    responseMode: "form_post",
    hosts: [],
  };
}

/** Of a laptop, where everybody may say who they are. */
function development(config: Config): ProviderSettings | undefined {
  const keys: Key[] = ["oidcDevelopmentIssuer", "oidcDevelopmentClientId", "oidcDevelopmentClientSecret"];
  if (!isComplete(config, keys)) return undefined;
  if (config.env === "production") refuse("oidcDevelopmentIssuer", "is for development only");
  const secret = config.oidcDevelopmentClientSecret ?? "";
  return {
    name: "development",
    title: "the development provider",
    issuer: issuerOf(config, "oidcDevelopmentIssuer", config.oidcDevelopmentIssuer ?? ""),
    clientId: config.oidcDevelopmentClientId ?? "",
    clientSecret: () => secret,
    scope: "openid email profile",
    responseMode: "query",
    hosts: [],
  };
}

function isComplete(config: Config, keys: readonly Key[]): boolean {
  const missing = keys.filter((key) => config[key] === undefined);
  if (missing.length > 0 && missing.length < keys.length) {
    const faults = missing.map((key) => ({
      variable: variableOf(key),
      problem: "is missing beside the others",
    }));
    throw new ConfigurationError(faults);
  }
  return missing.length === 0;
}

function issuerOf({ env }: Config, key: Key, text: string): URL {
  const url = URL.parse(text) ?? refuse(key, "is no address");
  const isLocal = url.hostname === "127.0.0.1" || url.hostname === "localhost";
  if (url.protocol !== "https:" && (env === "production" || !isLocal || url.protocol !== "http:"))
    refuse(key, "must begin with https://");
  return url;
}

function refuse(key: Key, problem: string): never {
  throw new ConfigurationError([{ variable: variableOf(key), problem }]);
}
