import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNats, startPostgres, startRedis } from "@kismet/dev";
import { natsConfiguration, slotCount, type TestServers } from "./test-servers.ts";

export type RunningServers = { servers: TestServers; stop(): Promise<void> };

/** What a test loses in a power cut does not matter. */
const postgresSettings = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: "1000",
  max_wal_size: "4GB",
  autovacuum_naptime: "10s",
};

export async function startEmbeddedServers(): Promise<RunningServers> {
  const folder = mkdtempSync(join(tmpdir(), "kismet-test-servers-"));
  // Postgres runs as somebody else if this is root.
  chmodSync(folder, 0o755);
  const dataDir = (name: string) => join(folder, name);
  const log = () => undefined;
  const [postgres, nats, redis] = await Promise.all([
    startPostgres({ dataDir: dataDir("postgres"), settings: postgresSettings, log }),
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
