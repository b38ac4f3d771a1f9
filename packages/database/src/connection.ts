import { DeadlineExceeded } from "@kismet/service-kit";
import type pg from "pg";
import { breaksConnection, translated } from "./errors.ts";

/** Told of each statement that ended, well or not. */
export type QueryObserver = (text: string, elapsedMs: number) => void;

const rollbackTimeoutMs = 1_000;

/** The driver stops waiting for the answer after this many milliseconds, whatever Postgres does. */
export type TimedQuery = pg.QueryConfig & { query_timeout: number };

/**
 * A leased connection, in the shape that drizzle calls. Every statement gets the time that is left and no more. When
 * it is up, the client stops waiting and the connection is thrown away: Postgres may be frozen, and an answer that
 * comes later must not be taken for that of the next statement.
 */
export class Connection {
  readonly #client: pg.PoolClient;
  readonly #remainingMs: () => number;
  readonly #observe: QueryObserver;
  #isBroken = false;

  constructor(client: pg.PoolClient, remainingMs: () => number, observe: QueryObserver) {
    this.#client = client;
    this.#remainingMs = remainingMs;
    this.#observe = observe;
  }

  async query(query: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult> {
    const remainingMs = this.#remainingMs();
    if (remainingMs <= 0) throw new DeadlineExceeded();
    const config = typeof query === "string" ? { text: query } : query;
    const timed: TimedQuery = { ...config, query_timeout: remainingMs };
    if (values && values.length > 0) timed.values = values;
    const begin = performance.now();
    try {
      return await this.#client.query(timed);
    } catch (error) {
      if (breaksConnection(error)) this.#isBroken = true;
      throw translated(error);
    } finally {
      this.#observe(config.text, performance.now() - begin);
    }
  }

  /** Has its own short time, since the one that was left is used up. A connection on which it fails is thrown away. */
  async rollBack(): Promise<void> {
    if (this.#isBroken) return;
    try {
      const query: TimedQuery = { text: "ROLLBACK", query_timeout: rollbackTimeoutMs };
      await this.#client.query(query);
    } catch {
      // Postgres rolls back by itself when the connection ends.
      this.#isBroken = true;
    }
  }

  /** The pool drops by itself one that has ended meanwhile. */
  release(): void {
    this.#client.release(this.#isBroken);
  }
}
