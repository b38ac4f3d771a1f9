import type { System } from "@kismet/testing";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { Redis } from "ioredis";

/** What lies somewhere, and where. */
export type Kept = { where: string; text: string };

/** All that the system keeps, in every table, stream and Redis key. */
export async function readWholeStore(system: System): Promise<Kept[]> {
  const parts = await Promise.all([readTables(system), readStreams(system), readRedis(system)]);
  return parts.flat();
}

async function readTables({ world }: System): Promise<Kept[]> {
  const tables = await world.sql<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  const kept: Kept[] = [];
  for (const { name } of tables) {
    const rows = await world.sql<{ text: string }>(`SELECT to_jsonb(t)::text AS text FROM ${name} t`);
    kept.push(...rows.map(({ text }) => ({ where: name, text })));
  }
  return kept;
}

async function readStreams({ world }: System): Promise<Kept[]> {
  const { hostname, port, username, password } = new URL(world.natsUrl);
  const nats = await connect({ servers: `${hostname}:${port}`, user: username, pass: password });
  const manager = await jetstreamManager(nats);
  const kept: Kept[] = [];
  for await (const { config, state } of manager.streams.list()) {
    for (let seq = state.first_seq; seq <= state.last_seq && seq > 0; seq += 1) {
      const message = await manager.streams.getMessage(config.name, { seq }).catch(() => null);
      if (!message) continue;
      const headers = message.header ? [...message.header].flat(2).join(" ") : "";
      kept.push({
        where: `stream ${config.name}`,
        text: `${message.subject} ${headers} ${message.string()}`,
      });
    }
  }
  await nats.close();
  return kept;
}

async function readRedis({ world }: System): Promise<Kept[]> {
  const redis = new Redis(world.redisUrl, { maxRetriesPerRequest: 1 });
  const kept: Kept[] = [];
  for (const key of await redis.keys("*")) {
    const type = await redis.type(key);
    const value =
      type === "string"
        ? await redis.get(key)
        : type === "hash"
          ? await redis.hgetall(key)
          : type === "zset"
            ? await redis.zrange(key, "0", "-1")
            : type === "set"
              ? await redis.smembers(key)
              : type === "list"
                ? await redis.lrange(key, 0, -1)
                : type;
    kept.push({ where: "redis", text: `${key} ${JSON.stringify(value)}` });
  }
  redis.disconnect();
  return kept;
}
