import { setTimeout as delay } from "node:timers/promises";
import { currentContext, DeadlineExceeded, type Parts } from "@kismet/service-kit";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import type { SQL } from "drizzle-orm/sql";
import type pg from "pg";
import type { AnyTransaction } from "./advisory-locks.ts";
import { marksOf } from "./after-commit.ts";
import type { Connection, QueryObserver } from "./connection.ts";
import { Drizzle, type QueryTarget, type Schema, type Transaction } from "./drizzle-session.ts";
import { isWorthRepeating } from "./errors.ts";
import { connectUntil, probeWith } from "./liveness.ts";
import { countdown, type DatabaseConfig, Pool, statementTimeoutMs } from "./pool.ts";
import { observeQueries } from "./slow-query-log.ts";

/** Of a transaction that no request bounds. */
const transactionTimeoutMs = 10_000;
/** Postgres gives up first, so that the connection survives a slow statement; a frozen one is left after this. */
const graceMs = 250;
const defaultRetries = 3;

export type Database<S extends Schema = Record<string, never>> = {
  /** Single statements outside a transaction, each within the deadline of the context. */
  read: NodePgDatabase<S>;
  /** One statement, planned once a connection under its name: for one whose planning costs more than its execution. */
  prepared<Row extends pg.QueryResultRow>(name: string, query: SQL): Promise<pg.QueryResult<Row>>;
  /**
   * Runs `work` in a transaction: commits what it did, or rolls back and throws. Everything within, waiting for locks
   * included, ends by the deadline of the context. Repeated only after serialisation failures and deadlocks, so `work`
   * must do nothing that can't be done twice, except to `tx`.
   */
  transaction<T>(work: (tx: Transaction<S>) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Called after each commit in this process of a transaction for which `announce(tx, topic)` was called. */
  onCommit(topic: string, listener: () => void): void;
  pool: pg.Pool;
};

/** A database of whatever schema, for packages that bring their own SQL. */
export type AnyDatabase = {
  read: AnyTransaction;
  transaction<T>(work: (tx: AnyTransaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  onCommit(topic: string, listener: () => void): void;
};

export type TransactionOptions = { retries?: number };

/** Connects nothing before the lifecycle starts; then waits, with backoff, until Postgres answers. */
export function createDatabase<S extends Schema>(parts: Parts<DatabaseConfig>, schema: S): Database<S> {
  const pool = new Pool(parts);
  const drizzle = new Drizzle(schema);
  const observe = observeQueries(parts, pool.pg);
  const isStopped = new AbortController();
  const listeners = new Map<string, Set<() => void>>();

  parts.lifecycle.add({
    name: "database",
    start: () => connectUntil(parts, pool.pg, isStopped.signal),
    async stop() {
      isStopped.abort();
      await pool.pg.end();
    },
  });
  parts.health.add("database", probeWith(parts), { required: true });

  const single: QueryTarget = {
    query: (query, values) =>
      pool.use(countdown(statementTimeoutMs + graceMs), observe, (connection) =>
        connection.query(query, values),
      ),
  };

  return {
    pool: pool.pg,
    read: drizzle.database(single),
    prepared(name, query) {
      const { sql: text, params } = drizzle.render(query);
      return single.query({ name, text }, params);
    },
    async transaction(work, { retries = defaultRetries } = {}) {
      const { result, marks } = await repeatOnConflict(retries, () =>
        runTransaction(pool, drizzle, observe, work),
      );
      const waiting = [...marks.topics].flatMap((topic) => [...(listeners.get(topic) ?? [])]);
      for (const hook of [...waiting, ...marks.hooks]) runHook(parts, hook);
      return result;
    },
    onCommit(topic, listener) {
      const known = listeners.get(topic);
      if (known) known.add(listener);
      else listeners.set(topic, new Set([listener]));
    },
  };
}

async function runTransaction<S extends Schema, T>(
  pool: Pool,
  drizzle: Drizzle<S>,
  observe: QueryObserver,
  work: (tx: Transaction<S>) => Promise<T>,
): Promise<{ result: T; marks: ReturnType<typeof marksOf> }> {
  const remainingMs = countdown(transactionTimeoutMs);
  return pool.use(
    () => remainingMs() + graceMs,
    observe,
    async (connection) => {
      const tx = drizzle.transaction(connection);
      await begin(connection, remainingMs());
      try {
        const result = await work(tx);
        // A caller who has been told that it took too long must not find it done.
        if (remainingMs() <= 0) throw new DeadlineExceeded();
        const { command } = await connection.query("COMMIT");
        // Postgres answers COMMIT of a failed transaction with ROLLBACK and no error.
        if (command !== "COMMIT") throw new Error("an error inside the transaction was caught and ignored");
        return { result, marks: marksOf(tx) };
      } catch (error) {
        await connection.rollBack();
        throw error;
      }
    },
  );
}

/** One round trip for all of it. */
async function begin(connection: Connection, remainingMs: number): Promise<void> {
  if (remainingMs <= 0) throw new DeadlineExceeded();
  await connection.query(
    `BEGIN; SET LOCAL statement_timeout = ${remainingMs}; SET LOCAL lock_timeout = ${remainingMs}`,
  );
}

/** What was committed stays so: a hook that fails must not look like a transaction that did. */
function runHook(parts: Parts, hook: () => void): void {
  try {
    hook();
  } catch (error) {
    parts.logger.error({ err: error }, "work after a commit failed");
  }
}

async function repeatOnConflict<T>(retries: number, attempt: () => Promise<T>): Promise<T> {
  for (let count = 0; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (count >= retries || !isWorthRepeating(error)) throw error;
      const waitMs = Math.random() * 10 * 2 ** count;
      if (waitMs >= (currentContext()?.deadline.remainingMs() ?? Infinity)) throw error;
      await delay(waitMs);
    }
  }
}
