import type { ServiceName } from "@kismet/contracts";
import type { Static, TObject } from "typebox";
import { loadConfig } from "../configuration/load-config.ts";
import type { App } from "../http/app-shell.ts";
import { createLogger, type Logger } from "../logging/logger.ts";
import { shutdownTelemetry } from "../telemetry/telemetry-shutdown.ts";
import { launch, type Running } from "./launch.ts";
import { createParts, type Parts } from "./parts.ts";

/**
 * The whole of a service's process: configuration, parts, app, serving, and its end. SIGTERM and SIGINT drain and exit
 * with 0; an error that nobody caught is logged with its stack, drains, and exits with 1; a second one exits at once,
 * since the state of the process is then anybody's guess.
 */
export async function runService<S extends TObject>(
  name: ServiceName,
  schema: S,
  buildApp: (parts: Parts<Static<S>>) => Promise<App>,
): Promise<void> {
  const logger = createLogger({ service: name, instanceId: "starting", level: "info" });
  let running: Running | undefined;
  let parts: Parts<Static<S>> | undefined;
  const end = createEnding(
    () => parts?.logger ?? logger,
    async () => {
      if (running) await running.stop();
      else await parts?.lifecycle.stop();
    },
  );
  process.on("unhandledRejection", (reason) => end.fatally(reason, "unhandled rejection"));
  process.on("uncaughtException", (error) => end.fatally(error, "uncaught exception"));
  process.on("SIGTERM", () => end.quietly("SIGTERM"));
  process.on("SIGINT", () => end.quietly("SIGINT"));
  try {
    parts = createParts(name, loadConfig(schema, process.env));
    running = await launch(parts, await buildApp(parts));
  } catch (error) {
    end.fatally(error, "could not start");
  }
}

type Ending = { quietly(signal: string): void; fatally(reason: unknown, message: string): void };

function createEnding(logger: () => Logger, stop: () => Promise<void>): Ending {
  let exitCode: number | undefined;

  function exit(): void {
    // The log is written asynchronously: what is still in memory, the cause above all, must get out.
    logger().flush(() => process.exit(exitCode));
  }

  async function finish(code: number): Promise<void> {
    exitCode = code;
    try {
      await stop();
      await shutdownTelemetry();
    } catch (error) {
      exitCode = 1;
      logger().fatal({ err: error }, "shutdown failed");
    }
    exit();
  }

  return {
    quietly(signal) {
      if (exitCode !== undefined) return;
      logger().info({ signal }, "asked to stop");
      void finish(0);
    },
    fatally(reason, message) {
      const err = reason instanceof Error ? reason : new Error(String(reason));
      logger().fatal({ err }, message);
      if (exitCode !== undefined) {
        exitCode = 1;
        exit();
        return;
      }
      void finish(1);
    },
  };
}
