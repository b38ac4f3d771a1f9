import { setTimeout as delay } from "node:timers/promises";
import type { Parts } from "@kismet/service-kit";
import pg from "pg";
import type { TimedQuery } from "./connection.ts";
import { acquireTimeoutMs, connectionOptions, type DatabaseConfig, hearErrors } from "./pool.ts";

const firstWaitMs = 50;
const longestWaitMs = 2_000;
const probeTimeoutMs = 900;

/** Returns once Postgres has answered: services start in any order and wait for what they need. */
export async function connectUntil(
  parts: Parts<DatabaseConfig>,
  pool: pg.Pool,
  stopped: AbortSignal,
): Promise<void> {
  // One that lets us in and then freezes would be waited for without end.
  const query: TimedQuery = { text: "SELECT 1", query_timeout: acquireTimeoutMs };
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    try {
      await pool.query(query);
      return;
    } catch (error) {
      if (stopped.aborted) throw error;
      parts.logger.warn({ err: error, waitMs }, "waiting for the database");
    }
    await delay(waitMs * (0.5 + Math.random() / 2), undefined, { signal: stopped });
  }
}

/** On a connection of its own: a pool that is full says that we are busy, not that Postgres is down. */
export function probeWith(parts: Parts<DatabaseConfig>): () => Promise<void> {
  const { databaseUrl, instanceId } = parts.config;
  const pool = new pg.Pool({
    ...connectionOptions(databaseUrl, `kismet-${parts.name} probe ${instanceId}`),
    max: 1,
    connectionTimeoutMillis: probeTimeoutMs,
    query_timeout: probeTimeoutMs,
  });
  hearErrors(pool, (reason) => parts.logger.debug({ reason }, "probing connection ended"));
  parts.lifecycle.add({ name: "database probe", stop: () => pool.end() });
  return async () => {
    const client = await pool.connect();
    let failure: unknown;
    try {
      await client.query("SELECT 1");
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      client.release(failure !== undefined);
    }
  };
}
