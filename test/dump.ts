import { domainServices } from "@kismet/contracts";
import type { World } from "@kismet/testing";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { Redis } from "ioredis";

/** One thing that is kept somewhere, as text; `leftMs` is until it ends by itself. */
export type Kept = { where: string; text: string; leftMs?: number };

/** Everything that the system keeps: every row of every schema, every message of every stream, every key of Redis. */
export async function dumpEverything(world: World): Promise<Kept[]> {
  return [...(await dumpTables(world)), ...(await dumpStreams(world)), ...(await dumpRedis(world))];
}

async function dumpTables(world: World): Promise<Kept[]> {
  const tables = await world.sql<{ schema: string; name: string }>(
    `SELECT table_schema AS schema, table_name AS name FROM information_schema.tables
     WHERE table_schema = ANY($1) AND table_type = 'BASE TABLE'`,
    [domainServices],
  );
  const kept: Kept[] = [];
  for (const { schema, name } of tables) {
    const rows = await world.sql<{ text: string }>(
      `SELECT to_jsonb(r)::text AS text FROM "${schema}"."${name}" r`,
    );
    for (const { text } of rows) kept.push({ where: `${schema}.${name}`, text });
  }
  return kept;
}

async function dumpStreams(world: World): Promise<Kept[]> {
  const { hostname, port, username, password } = new URL(world.natsUrl);
  const nats = await connect({ servers: `${hostname}:${port}`, user: username, pass: password });
  try {
    const manager = await jetstreamManager(nats);
    const kept: Kept[] = [];
    for await (const { config, state } of manager.streams.list()) {
      for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq += 1) {
        const message = await manager.streams.getMessage(config.name, { seq });
        if (!message) continue;
        const headers = [...message.header].flatMap(([key, values]) => [key, ...values]);
        const text = [message.subject, ...headers, message.string()].join("\n");
        kept.push({ where: `stream ${config.name}`, text });
      }
    }
    return kept;
  } finally {
    await nats.close();
  }
}

async function dumpRedis(world: World): Promise<Kept[]> {
  const redis = new Redis(world.redisUrl, { maxRetriesPerRequest: 1 });
  try {
    const kept: Kept[] = [];
    for (const key of await redis.keys("*")) {
      const [leftMs, value] = await Promise.all([redis.pttl(key), redis.dump(key)]);
      // Which has ended since it was listed.
      if (value === null) continue;
      kept.push({ where: "redis", text: `${key}\n${value}`, ...(leftMs >= 0 ? { leftMs } : {}) });
    }
    return kept;
  } finally {
    redis.disconnect();
  }
}
