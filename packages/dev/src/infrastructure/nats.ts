import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findServer } from "./find-server.ts";
import { type Log, type ManagedProcess, type ProcessOptions } from "./managed-process.ts";
import { askPort, freePort, loopback } from "./ports.ts";
import { serverRuntime, startFoundServer } from "./server-runtime.ts";
import { defaultToolsDir } from "./tools-dir.ts";

export type NatsServer = ManagedProcess & { url: string; port: number };

export type NatsOptions = {
  dataDir: string;
  port?: number;
  /** Replaces everything but the address; by default JetStream stores below `dataDir` and anybody may connect. */
  configText?: string;
  toolsDir?: string;
  searchPath?: string[];
  log: Log;
  onSpawn?: ProcessOptions["onSpawn"];
};

/** Starts a NATS server with JetStream on the loopback address. */
export async function startNats(options: NatsOptions): Promise<NatsServer> {
  const { dataDir, log } = options;
  const port = options.port ?? (await freePort());
  mkdirSync(dataDir, { recursive: true });
  const server = await findServer(
    {
      program: "nats-server",
      packages: ["nats-server"],
      image: process.env["KISMET_DEV_NATS_IMAGE"] ?? "nats:2",
      brewFormula: "nats-server",
    },
    options.toolsDir ?? defaultToolsDir,
    log,
    options.searchPath,
  );
  const runtime = serverRuntime(server, { port, imagePort: 4222, dataDir });
  const configText = options.configText ?? `jetstream { store_dir: "${runtime.dir}" }\n`;
  writeFileSync(join(dataDir, "nats.conf"), `listen: "${runtime.host}:${runtime.port}"\n${configText}`, {
    mode: 0o600,
  });
  const managed = await startFoundServer(server, runtime, {
    name: "nats",
    args: ["-c", `${runtime.dir}/nats.conf`],
    log,
    ready: async () => {
      const greeting = await askPort(port);
      if (!greeting.startsWith("INFO ")) throw new Error("it does not greet as NATS does");
    },
    ...(options.onSpawn ? { onSpawn: options.onSpawn } : {}),
  });
  return { ...managed, url: `nats://${loopback}:${port}`, port };
}
