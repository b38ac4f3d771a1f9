import { mkdirSync } from "node:fs";
import { findServer } from "./find-server.ts";
import { type Log, type ManagedProcess, type ProcessOptions } from "./managed-process.ts";
import { askPort, freePort, loopback } from "./ports.ts";
import { serverRuntime, startFoundServer } from "./server-runtime.ts";
import { defaultToolsDir } from "./tools-dir.ts";

export type RedisServer = ManagedProcess & { url: string; port: number };

export type RedisOptions = {
  dataDir: string;
  port?: number;
  databases?: number;
  /** Asked of every client if given. */
  password?: string;
  toolsDir?: string;
  searchPath?: string[];
  log: Log;
  onSpawn?: ProcessOptions["onSpawn"];
};

/** Starts a Redis on the loopback address that writes nothing to disk: what it holds may be lost at any time. */
export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  const { dataDir, databases = 16, password, log } = options;
  const port = options.port ?? (await freePort());
  mkdirSync(dataDir, { recursive: true });
  const server = await findServer(
    {
      program: "redis-server",
      packages: ["redis-server", "redis-tools"],
      image: process.env["KISMET_DEV_REDIS_IMAGE"] ?? "redis:7",
      brewFormula: "redis",
    },
    options.toolsDir ?? defaultToolsDir,
    log,
    options.searchPath,
  );
  const runtime = serverRuntime(server, { port, imagePort: 6379, dataDir });
  const settings = {
    port: String(runtime.port),
    bind: runtime.host,
    dir: runtime.dir,
    databases: String(databases),
    save: "",
    appendonly: "no",
    ...(password === undefined ? { "protected-mode": "no" } : { requirepass: password }),
  };
  const managed = await startFoundServer(server, runtime, {
    name: "redis",
    args: Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value]),
    log,
    ready: async () => {
      const answer = await askPort(port, "PING\r\n");
      if (!/^(\+PONG|-NOAUTH)/.test(answer)) throw new Error(answer.trim());
    },
    ...(options.onSpawn ? { onSpawn: options.onSpawn } : {}),
  });
  const credentials = password === undefined ? "" : `:${encodeURIComponent(password)}@`;
  return { ...managed, url: `redis://${credentials}${loopback}:${port}`, port };
}
