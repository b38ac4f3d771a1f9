import { setTimeout as delay } from "node:timers/promises";
import { deadlineIn } from "../context/deadline.ts";
import type { App } from "../http/app-shell.ts";
import { TimeoutError, withTimeout } from "../resilience/with-timeout.ts";
import { listenForOperations, urlOf } from "./ops-server.ts";
import type { Parts, ProcessConfig } from "./parts.ts";

/**
 * How long a draining instance goes on accepting, while its answers ask clients to reconnect elsewhere: long
 * enough for a gateway under load to use each of its kept connections once, so that hardly one is cut while a request is
 * on its way.
 */
const drainGraceMs = 400;
/** What the rest of the shutdown is sure to have, however long requests take. */
const reserveMs = 1_000;

export type Running = { url: string; opsUrl: string; stop(): Promise<void> };

/** Operations first, so that a service that waits for its dependencies can be asked; the public port last. */
export async function launch(parts: Parts, app: App): Promise<Running> {
  const { host, port, opsPort } = parts.config as ProcessConfig;
  await app.ready();
  const ops = await listenForOperations(parts, host, opsPort);
  try {
    await parts.lifecycle.start();
    await parts.health.start();
    await app.listen({ host, port });
  } catch (error) {
    await parts.lifecycle.stop();
    parts.health.stop();
    await ops.close();
    throw error;
  }
  parts.health.serving();
  const url = urlOf(app.server, host);
  parts.logger.info({ url, opsUrl: ops.url }, "serving");
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= drain(parts, app).finally(() => ops.close()));
  return { url, opsUrl: ops.url, stop };
}

async function drain(parts: Parts, app: App): Promise<void> {
  const { shutdownMs } = parts.config as ProcessConfig;
  const deadline = deadlineIn(shutdownMs);
  parts.health.draining();
  parts.logger.info({ shutdownMs }, "draining");
  const graceEnds = deadlineIn(Math.min(drainGraceMs, shutdownMs / 4));
  while (!graceEnds.expired() && (await openConnections(app)) > 0) await delay(20);
  try {
    const forRequests = Math.max(deadline.remainingMs() - reserveMs, shutdownMs / 2);
    await withTimeout(app.close(), forRequests, "finishing the requests in flight");
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    parts.logger.error({ err: error }, "requests were cut off by the shutdown");
    app.server.closeAllConnections();
  }
  await parts.lifecycle.stop();
  parts.health.stop();
  parts.logger.info("stopped");
}

function openConnections(app: App): Promise<number> {
  return new Promise((resolve, reject) => {
    app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}
