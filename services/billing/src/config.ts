import { Country } from "@kismet/contracts";
import {
  ConfigurationError,
  CustodySettings,
  DatabaseSettings,
  NatsSettings,
  ProcessSettings,
  secret,
  variableOf,
} from "@kismet/service-kit";
import { type Static, Type } from "typebox";

const HttpAddress = Type.String({ pattern: "^https?://[^\\s]{1,2000}$", maxLength: 2_048 });

export const Config = Type.Object({
  ...ProcessSettings,
  ...DatabaseSettings,
  ...NatsSettings,
  ...CustodySettings,
  /** Whose price is asked if a checkout names no country. */
  defaultCountry: Type.Optional(Country),
  /** How far a webhook's clock may be from ours, to either side. */
  webhookToleranceSeconds: Type.Integer({ minimum: 1, maximum: 3_600, default: 300 }),
  /** How long a paid tier stays while its renewal is on the way; none if it was cancelled. */
  renewalGraceSeconds: Type.Integer({ minimum: 0, maximum: 604_800, default: 3_600 }),
  /** How often the leader looks for what ended and for what webhooks have not told. */
  upkeepMs: Type.Integer({ minimum: 20, maximum: 600_000, default: 5_000 }),
  /** How long to wait for a webhook before the provider is asked. */
  webhookPatienceMs: Type.Integer({ minimum: 1, maximum: 86_400_000, default: 60_000 }),

  /** The provider for development: anybody can pay with nothing. Refused in production. */
  sandboxEnabled: Type.Boolean({ default: false }),
  /** Where members reach the gateway: the sandbox's pages are below it. */
  sandboxPublicUrl: Type.Optional(HttpAddress),
  /** Signs and verifies the sandbox's webhooks. */
  sandboxWebhookSecret: Type.Optional(secret()),
  /** By default the webhooks go to this instance's own listener. */
  sandboxWebhookUrl: Type.Optional(HttpAddress),
  /** Webhooks come late, twice and in disorder. */
  sandboxUnruly: Type.Boolean({ default: false }),
  /** Length of a subscription's period. */
  sandboxPeriodSeconds: Type.Integer({ minimum: 1, maximum: 31_622_400, default: 2_592_000 }),
});
export type Config = Static<typeof Config>;

export type SandboxSettings = {
  publicUrl: string;
  webhookSecret: string;
  webhookUrl: string | undefined;
  toleranceSeconds: number;
  periodSeconds: number;
  isUnruly: boolean;
};

/** What one setting demands of others; undefined if the sandbox is off. */
export function sandboxSettings(config: Config): SandboxSettings | undefined {
  if (!config.sandboxEnabled) return undefined;
  const { sandboxPublicUrl: publicUrl, sandboxWebhookSecret: webhookSecret } = config;
  const faults: { variable: string; problem: string }[] = [];
  const refuse = (key: keyof Config, problem: string) => faults.push({ variable: variableOf(key), problem });
  if (config.env === "production") refuse("sandboxEnabled", "must not be on in production");
  if (!publicUrl) refuse("sandboxPublicUrl", "is missing, and the sandbox is enabled");
  if (!webhookSecret) refuse("sandboxWebhookSecret", "is missing, and the sandbox is enabled");
  if (faults.length > 0 || !publicUrl || !webhookSecret) throw new ConfigurationError(faults);
  return {
    publicUrl: publicUrl.replace(/\/$/, ""),
    webhookSecret,
    webhookUrl: config.sandboxWebhookUrl,
    toleranceSeconds: config.webhookToleranceSeconds,
    periodSeconds: config.sandboxPeriodSeconds,
    isUnruly: config.sandboxUnruly,
  };
}
