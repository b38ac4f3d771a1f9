import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ServiceName } from "@kismet/contracts";
import { freePort } from "@kismet/dev";
import { variableOf } from "@kismet/testing";
import type { Cleanup } from "./cleanup.ts";

export type Spawned = { pid: number; url: string; stop(): Promise<void> };

const readyTimeoutMs = 30_000;
const readyPollMs = 50;
const stopTimeoutMs = 10_000;

export type SpawnOptions = {
  name: string;
  command?: string;
  args: string[];
  env?: Record<string, string>;
  url: string;
  /** Answers 200 once it can be used. */
  readyUrl: string;
  folder: string;
  cleanup: Cleanup;
};

/** Its output goes to a file, as it would to a collector: reading it here would cost the machine what is measured. */
export async function spawnProcess(options: SpawnOptions): Promise<Spawned> {
  const { name, command = process.execPath, args, env = {}, url, folder, cleanup } = options;
  const logFile = join(folder, `${name}.log`);
  const log = openSync(logFile, "a");
  const child = spawn(command, args, {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const exited = exitOf(child);
  const stop = () => stopProcess(child, exited);
  cleanup.add(stop);
  const isReady = await untilReady(options.readyUrl, () => child.exitCode ?? child.signalCode);
  if (!isReady || child.pid === undefined) {
    await stop();
    throw new Error(`${name} could not be started:\n${readFileSync(logFile, "utf8").slice(-2_000)}`);
  }
  return { pid: child.pid, url, stop };
}

/** A service as in production: its own `main.ts`, in a process of its own. */
export async function spawnService(
  service: ServiceName,
  settings: Record<string, string | number>,
  context: {
    folder: string;
    cleanup: Cleanup;
    name?: string;
    profileFolder?: string;
    /** A program in place of the service's own. */
    main?: string;
    /** Where its traces go. */
    tracesUrl?: string;
  },
): Promise<Spawned> {
  const [port, opsPort] = [await freePort(), await freePort()];
  const ofDomain = service === "gateway" ? {} : { receiptSecret: randomBytes(32).toString("base64url") };
  const all = {
    env: "test",
    port,
    opsPort,
    instanceId: context.name ?? service,
    ...ofDomain,
    ...settings,
  };
  const main =
    context.main ?? fileURLToPath(new URL(`../../services/${service}/src/main.ts`, import.meta.url));
  const profile = context.profileFolder ? ["--cpu-prof", `--cpu-prof-dir=${context.profileFolder}`] : [];
  return spawnProcess({
    name: context.name ?? service,
    args: ["--import", import.meta.resolve("@kismet/service-kit/register-telemetry"), ...profile, main],
    env: {
      ...Object.fromEntries(Object.entries(all).map(([key, value]) => [variableOf(key), String(value)])),
      ...(context.tracesUrl === undefined
        ? {}
        : {
            OTEL_EXPORTER_OTLP_ENDPOINT: context.tracesUrl,
            OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
          }),
    },
    url: `http://127.0.0.1:${port}`,
    readyUrl: `http://127.0.0.1:${opsPort}/readyz`,
    folder: context.folder,
    cleanup: context.cleanup,
  });
}

/** One of the small programs in `peers/`, which take a port first. */
export async function spawnPeer(
  name: string,
  args: string[],
  context: { folder: string; cleanup: Cleanup },
): Promise<Spawned> {
  const port = await freePort();
  const main = fileURLToPath(new URL(`../peers/${name}-main.ts`, import.meta.url));
  const url = `http://127.0.0.1:${port}`;
  return spawnProcess({
    name: `${name}-${port}`,
    args: [main, String(port), ...args],
    url,
    readyUrl: url,
    ...context,
  });
}

function exitOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
}

async function stopProcess(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
  await exited;
  clearTimeout(timer);
}

async function untilReady(url: string, ended: () => unknown): Promise<boolean> {
  const end = performance.now() + readyTimeoutMs;
  while (performance.now() < end && ended() === null) {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return true;
    await delay(readyPollMs);
  }
  return false;
}
