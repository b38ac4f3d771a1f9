/**
 * The sandbox: a payment provider for development, with no account anywhere.
 *
 * It plays another company. It keeps its own books, in tables and through a pool of its own, is reached only through
 * the interface that every provider has, and tells its news by signed webhooks over HTTP, again and again until they
 * are taken. May depend on the interface of providers; on nothing else of billing.
 */
import { createDatabase } from "@kismet/database";
import {
  type Clock,
  createBreaker,
  createParts,
  createPoller,
  type Logger,
  type Parts,
} from "@kismet/service-kit";
import type { Config, SandboxSettings } from "../config.ts";
import { renewSubscriptions } from "./renew-subscriptions.ts";
import type { SandboxDatabase } from "./sandbox-repository.ts";
import * as schema from "./sandbox-schema.ts";
import { postWebhook, sendTimeoutMs, sendWebhooks } from "./send-webhooks.ts";

/** What its parts work with. */
export type Sandbox = Omit<SandboxSettings, "webhookUrl" | "periodSeconds"> & {
  database: SandboxDatabase;
  clock: Clock;
  logger: Logger;
  random: () => number;
  periodMs: number;
  /** Undefined until somebody listens there. */
  webhookUrl: () => string | undefined;
  wakeSender: () => void;
};

const poolSize = 4;

/**
 * A pool of its own not only for the picture: who settles waits for the sandbox with a connection of billing's in
 * hand, and if all of these were taken by such, nobody could ever answer them.
 */
export function createSandbox(
  parts: Parts<Config>,
  settings: SandboxSettings,
  ownWebhookUrl: () => string | undefined,
): Sandbox {
  const { clock, logger } = parts;
  const own = createParts("billing", { ...parts.config, databasePoolSize: poolSize }, { clock, logger });
  const sandbox: Sandbox = {
    ...settings,
    database: createDatabase(own, schema),
    clock,
    logger,
    random: Math.random,
    periodMs: settings.periodSeconds * 1_000,
    webhookUrl: () => settings.webhookUrl ?? ownWebhookUrl(),
    wakeSender: () => sender.poke(),
  };
  const send = createBreaker(parts, "sandbox webhook", postWebhook, { timeoutMs: sendTimeoutMs });
  const everyMs = 250;
  const sender = createPoller(logger, {
    name: "sandbox sender",
    everyMs,
    timeoutMs: 30_000,
    work: () => sendWebhooks(sandbox, send),
  });
  const renewer = createPoller(logger, {
    name: "sandbox renewals",
    everyMs,
    timeoutMs: 10_000,
    work: () => renewSubscriptions(sandbox),
  });
  own.lifecycle.add(sender);
  own.lifecycle.add(renewer);
  parts.lifecycle.add({
    name: "sandbox",
    start: () => own.lifecycle.start(),
    stop: () => own.lifecycle.stop(),
  });
  return sandbox;
}
