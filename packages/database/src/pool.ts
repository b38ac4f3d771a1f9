import { currentContext, type Parts, withTimeout } from "@kismet/service-kit";
import pg from "pg";
import { Gauge, Histogram } from "prom-client";
import { Connection, type QueryObserver } from "./connection.ts";
import { DatabaseTimeout, DatabaseUnavailable, translated } from "./errors.ts";

export type DatabaseConfig = {
  databaseUrl: string;
  databasePoolSize: number;
  slowQueryMs: number;
  instanceId: string;
};

/** For opening a connection, and for waiting until one is free. */
export const acquireTimeoutMs = 2_000;
/** Of a statement when no request sets a nearer end. Postgres itself ends it then. */
export const statementTimeoutMs = 5_000;
/** A transaction whose process sleeps or hangs gives its locks back after this. */
export const idleInTransactionMs = 5_000;
/** A statement whose client has left ends after this: its deadline was nearer than the statement's own limit. */
const clientCheckMs = 250;
/** Beyond this many waiters per connection the newest is refused: it would time out anyway. */
const waitersPerConnection = 50;

const secondsBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export class Pool {
  readonly pg: pg.Pool;
  readonly #size: number;
  readonly #acquireSeconds: Histogram;

  constructor(parts: Parts<DatabaseConfig>) {
    const { databasePoolSize, databaseUrl, instanceId } = parts.config;
    this.#size = databasePoolSize;
    this.pg = new pg.Pool({
      ...connectionOptions(databaseUrl, `kismet-${parts.name} ${instanceId}`),
      max: databasePoolSize,
      idleTimeoutMillis: 30_000,
      maxLifetimeSeconds: 1_800,
    });
    hearErrors(this.pg, (reason) => parts.logger.warn({ reason }, "idle database connection ended"));
    this.#acquireSeconds = this.#register(parts);
  }

  /** Leases a connection for `work`; a broken one is not put back. */
  async use<T>(
    remainingMs: () => number,
    observe: QueryObserver,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    const client = await this.#acquire(remainingMs());
    const connection = new Connection(client, remainingMs, observe);
    try {
      return await work(connection);
    } finally {
      connection.release();
    }
  }

  async #acquire(remainingMs: number): Promise<pg.PoolClient> {
    if (this.pg.waitingCount >= this.#size * waitersPerConnection) throw new DatabaseUnavailable();
    const begin = performance.now();
    const pending = this.pg.connect();
    try {
      const waitMs = Math.min(remainingMs, acquireTimeoutMs + 100);
      return await withTimeout(pending, waitMs, "a database connection");
    } catch (error) {
      // If it still comes, nobody waits for it any more.
      pending.then(
        (client) => client.release(),
        () => undefined,
      );
      throw error instanceof Error && error.name === "TimeoutError"
        ? new DatabaseTimeout(error)
        : translated(error);
    } finally {
      this.#acquireSeconds.observe((performance.now() - begin) / 1_000);
    }
  }

  #register({ metrics }: Parts<DatabaseConfig>): Histogram {
    const pool = this.pg;
    const gauges = {
      in_use: ["Connections at work", () => pool.totalCount - pool.idleCount],
      idle: ["Connections at rest", () => pool.idleCount],
      waiting: ["Callers that wait for a connection", () => pool.waitingCount],
      size: ["Connections at most", () => this.#size],
    } as const;
    for (const [name, [help, read]] of Object.entries(gauges)) {
      new Gauge({
        name: `kismet_database_pool_${name}`,
        help,
        registers: [metrics],
        collect() {
          this.set(read());
        },
      });
    }
    return new Histogram({
      name: "kismet_database_pool_acquire_seconds",
      help: "How long callers waited for a connection",
      buckets: secondsBuckets,
      registers: [metrics],
    });
  }
}

/**
 * An error that nobody hears ends the process. A connection can end while it is idle: the pool drops it and says so,
 * with an error on which the whole client hangs, so only its message goes on. It can end between two statements, or in
 * the same packet as the last answer: before whoever waited for that answer can listen, or has given the connection
 * back; the next statement fails then.
 */
export function hearErrors(pool: pg.Pool, idleEnded: (reason: string) => void): void {
  pool.on("error", ({ message }) => idleEnded(message));
  pool.on("connect", (client) => client.on("error", () => undefined));
}

/** The nearer of the context's deadline and `limitMs`, counted down from now. */
export function countdown(limitMs: number): () => number {
  const deadline = currentContext()?.deadline;
  const end = performance.now() + limitMs;
  return () => Math.ceil(Math.min(end - performance.now(), deadline?.remainingMs() ?? Infinity));
}

export function connectionOptions(url: string, name: string): pg.PoolConfig {
  return {
    connectionString: url,
    application_name: name.slice(0, 63),
    connectionTimeoutMillis: acquireTimeoutMs,
    statement_timeout: statementTimeoutMs,
    lock_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    options: `-c client_connection_check_interval=${clientCheckMs}`,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
  };
}
