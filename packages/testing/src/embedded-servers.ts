import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNats, startPostgres, startRedis } from "@kismet/dev";
import { natsConfiguration, slotCount, type TestServers, volatilePostgres } from "./test-servers.ts";

export type RunningServers = { servers: TestServers; stop(): Promise<void> };

export async function startEmbeddedServers(): Promise<RunningServers> {
  const folder = mkdtempSync(join(tmpdir(), "kismet-test-servers-"));
  // Postgres runs as somebody else if this is root.
  chmodSync(folder, 0o755);
  const dataDir = (name: string) => join(folder, name);
  const log = () => undefined;
  const [postgres, nats, redis] = await Promise.all([
    startPostgres({ dataDir: dataDir("postgres"), settings: volatilePostgres, log }),
    startNats({ dataDir: dataDir("nats"), configText: natsConfiguration(dataDir("nats")), log }),
    startRedis({ dataDir: dataDir("redis"), databases: slotCount, log }),
  ]);
  return {
    servers: {
      backend: "embedded",
      postgresUrl: postgres.url,
      natsAddress: nats.url.replace("nats://", ""),
      redisUrl: redis.url,
      pid: process.pid,
    },
    async stop() {
      await Promise.all([postgres.stop(), nats.stop(), redis.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
