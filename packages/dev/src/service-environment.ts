import { type DomainService, domainServices, type ServiceName, upstreamKey } from "@kismet/contracts";
import { loopback } from "./infrastructure/ports.ts";

/** What a launcher has prepared for one service. */
export type ServiceEnvironmentInput = {
  env: "development" | "test";
  port: number;
  opsPort: number;
  /** Not used by the gateway, which has no database. */
  databaseUrl: string;
  natsUrl: string;
  redisUrl: string;
  smtpUrl: string;
  /** Of the gateway, as clients see it. */
  publicUrl: string;
  /** Where the gateway finds a service. */
  urlOf: (service: DomainService) => string;
  /** A secret by name, the same at each start. */
  secret: (name: string) => string;
  /** The provider that may be signed in with, if there is one. */
  oidcIssuer?: string;
  logLevel?: string;
  shutdownMs?: number;
};

type Settings = Record<string, string | number | boolean | undefined>;

/** The one table of which `KISMET_*` variables each service is given outside production. */
export function serviceEnvironment(
  name: ServiceName,
  input: ServiceEnvironmentInput,
): Record<string, string> {
  const { databaseUrl, natsUrl, redisUrl, smtpUrl, publicUrl, urlOf, secret } = input;
  const database = { databaseUrl, natsUrl, receiptSecret: secret(`${name}-receipts`) };
  const settings: Record<ServiceName, Settings> = {
    gateway: {
      natsUrl,
      redisUrl,
      corsOrigins: publicUrl,
      ...Object.fromEntries(domainServices.map((service) => [upstreamKey(service), urlOf(service)])),
    },
    auth: {
      ...database,
      smtpUrl,
      publicUrl,
      keyEncryptionSecret: secret("auth-key-encryption"),
      hashSecret: secret("auth-hash"),
      auditSecret: secret("auth-audit"),
      passkeyRpId,
      passkeyOrigins: localOrigin(publicUrl),
      ageSandboxEnabled: true,
      ageProviderSecret: secret("auth-age-sandbox"),
      ...oidc(input),
    },
    profile: database,
    matching: database,
    chat: { ...database, redisUrl },
    billing: {
      ...database,
      sandboxEnabled: true,
      sandboxPublicUrl: publicUrl,
      sandboxWebhookSecret: secret("billing-sandbox"),
    },
  };
  return asVariables({
    env: input.env,
    host: loopback,
    port: input.port,
    opsPort: input.opsPort,
    logLevel: input.logLevel,
    shutdownMs: input.shutdownMs,
    ...settings[name],
  });
}

export const oidcClientId = "kismet";
export const oidcSecretName = "auth-oidc-development";

function oidc({ oidcIssuer, publicUrl, secret }: ServiceEnvironmentInput): Settings {
  if (oidcIssuer === undefined) return {};
  return {
    oidcDevelopmentIssuer: oidcIssuer,
    oidcDevelopmentClientId: oidcClientId,
    oidcDevelopmentClientSecret: secret(oidcSecretName),
    oidcReturnUrls: `${localOrigin(publicUrl)}/auth/passkeys`,
  };
}

/** Passkeys are bound to a domain, and an address of numbers is none. */
const passkeyRpId = "localhost";

/** The gateway as a browser on this machine has to call it, for pages on which passkeys are used. */
export function localOrigin(publicUrl: string): string {
  return `http://${passkeyRpId}:${new URL(publicUrl).port}`;
}

/** `databaseUrl` becomes `KISMET_DATABASE_URL`. */
function asVariables(settings: Settings): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [key, value] of Object.entries(settings)) {
    if (value === undefined) continue;
    variables[`KISMET_${key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`] = String(value);
  }
  return variables;
}
