import { randomBytes } from "node:crypto";
import { ConfigurationError, loadConfig } from "@kismet/service-kit";
import { test } from "tap";
import { Config, sandboxSettings } from "./config.ts";

const environment = {
  KISMET_ENV: "development",
  KISMET_PORT: "0",
  KISMET_OPS_PORT: "0",
  KISMET_DATABASE_URL: "postgres://billing:kX9vT2mQ7rLp4wZs@db/kismet",
  KISMET_NATS_URL: "nats://billing:kX9vT2mQ7rLp4wZs@nats",
  KISMET_RECEIPT_SECRET: randomBytes(32).toString("hex"),
};
const sandbox = {
  KISMET_SANDBOX_ENABLED: "true",
  KISMET_SANDBOX_PUBLIC_URL: "http://127.0.0.1:8080/",
  KISMET_SANDBOX_WEBHOOK_SECRET: "k3Xw9mVbQ2rT7yLp4sZc8dFg1hJn6aUe0iOqRtYw",
};
const settingsOf = (more: Record<string, string>) =>
  sandboxSettings(loadConfig(Config, { ...environment, ...more }));

test("A10 the sandbox is off unless it is asked for, and refused in production", async (t) => {
  t.equal(settingsOf({}), undefined);
  t.match(settingsOf(sandbox), { publicUrl: "http://127.0.0.1:8080", periodSeconds: 2_592_000 });
  const refused = (more: Record<string, string>) => {
    try {
      settingsOf(more);
      return [];
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      return error.faults.map(({ variable }) => variable);
    }
  };
  t.same(refused({ KISMET_ENV: "production", ...sandbox }), ["KISMET_SANDBOX_ENABLED"]);
  t.same(refused({ KISMET_SANDBOX_ENABLED: "true" }), [
    "KISMET_SANDBOX_PUBLIC_URL",
    "KISMET_SANDBOX_WEBHOOK_SECRET",
  ]);
  t.same(refused({ ...sandbox, KISMET_SANDBOX_PUBLIC_URL: "ftp://x" }), ["KISMET_SANDBOX_PUBLIC_URL"]);
  t.same(refused({ KISMET_ENV: "production" }), [], "without it production starts");
});
