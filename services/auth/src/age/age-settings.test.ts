import { randomBytes } from "node:crypto";
import { ConfigurationError, loadConfig } from "@kismet/service-kit";
import { test } from "tap";
import { Config } from "../config.ts";
import { ageProviderSettings } from "./age-settings.ts";

const secret = () => randomBytes(32).toString("hex");
const environment = {
  KISMET_ENV: "production",
  KISMET_PORT: "0",
  KISMET_OPS_PORT: "0",
  KISMET_DATABASE_URL: `postgres://auth:${secret()}@db/kismet`,
  KISMET_NATS_URL: `nats://auth:${secret()}@nats`,
  KISMET_RECEIPT_SECRET: secret(),
  KISMET_SMTP_URL: `smtps://kismet:${secret()}@mail`,
  KISMET_PUBLIC_URL: "https://kismet.example",
  KISMET_KEY_ENCRYPTION_SECRET: secret(),
  KISMET_HASH_SECRET: secret(),
  KISMET_AUDIT_SECRET: secret(),
  KISMET_PASSKEY_RP_ID: "kismet.example",
  KISMET_PASSKEY_ORIGINS: "https://kismet.example",
};
const settingsOf = (more: Record<string, string>) =>
  ageProviderSettings(loadConfig(Config, { ...environment, ...more }));
const refused = (more: Record<string, string>) => {
  try {
    settingsOf(more);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.faults.map(({ variable }) => variable);
  }
};

test("A10 the sandbox of ages is off unless it is asked for, and refused in production", async (t) => {
  const sandbox = { KISMET_AGE_SANDBOX_ENABLED: "true", KISMET_AGE_PROVIDER_SECRET: secret() };
  t.equal(settingsOf({}), undefined, "without a provider production starts");
  t.same(refused(sandbox), ["KISMET_AGE_SANDBOX_ENABLED"]);
  t.match(settingsOf({ ...sandbox, KISMET_ENV: "development" }), { name: "sandbox", url: undefined });
  t.same(refused({ KISMET_ENV: "development", KISMET_AGE_SANDBOX_ENABLED: "true" }), [
    "KISMET_AGE_PROVIDER_SECRET",
  ]);
  const real = { KISMET_AGE_PROVIDER_URL: "https://bridge.example/checks" };
  t.same(refused(real), ["KISMET_AGE_PROVIDER_SECRET"]);
  t.match(settingsOf({ ...real, KISMET_AGE_PROVIDER_SECRET: secret() }), { name: "provider" });
  t.same(
    refused({ KISMET_AGE_PROVIDER_URL: "http://bridge.example", KISMET_AGE_PROVIDER_SECRET: secret() }),
    ["KISMET_AGE_PROVIDER_URL"],
  );
  t.same(refused({ ...sandbox, ...real, KISMET_ENV: "development" }), ["KISMET_AGE_PROVIDER_URL"]);
});
