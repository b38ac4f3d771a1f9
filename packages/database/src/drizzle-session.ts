import { DrizzleQueryError } from "drizzle-orm/errors";
import { NodePgDatabase } from "drizzle-orm/node-postgres";
import {
  type NodePgPreparedQuery,
  NodePgSession,
  NodePgTransaction,
} from "drizzle-orm/node-postgres/session";
import { PgDialect } from "drizzle-orm/pg-core/dialect";
import type { SelectedFieldsOrdered } from "drizzle-orm/pg-core";
import type { PgPreparedQuery, PreparedQueryConfig } from "drizzle-orm/pg-core/session";
import {
  createTableRelationsHelpers,
  type ExtractTablesWithRelations,
  extractTablesRelationalConfig,
  type RelationalSchemaConfig,
} from "drizzle-orm/relations";
import type { Query, SQL } from "drizzle-orm/sql";
import type pg from "pg";

export type Schema = Record<string, unknown>;
export type Transaction<S extends Schema = Record<string, never>> = NodePgTransaction<
  S,
  ExtractTablesWithRelations<S>
>;

/** What drizzle asks of a client. */
export type QueryTarget = {
  query(query: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult>;
};

/**
 * Drizzle's session without its error, whose message holds the parameters of the statement and would carry members'
 * data into every log: what our connection threw comes out as it was.
 */
class QuietSession<S extends Schema> extends NodePgSession<S, ExtractTablesWithRelations<S>> {
  override prepareQuery<T extends PreparedQueryConfig = PreparedQueryConfig>(
    query: Query,
    fields: SelectedFieldsOrdered | undefined,
    name: string | undefined,
    isResponseInArrayMode: boolean,
    customResultMapper?: (rows: unknown[][]) => T["execute"],
  ): PgPreparedQuery<T> {
    const prepared = super.prepareQuery<T>(
      query,
      fields,
      name,
      isResponseInArrayMode,
      customResultMapper,
    ) as NodePgPreparedQuery<T>;
    const { execute, all } = prepared;
    prepared.execute = (values) => unwrapped(execute.call(prepared, values));
    prepared.all = (values) => unwrapped(all.call(prepared, values));
    return prepared;
  }

  override transaction(): Promise<never> {
    return Promise.reject(new Error("begin transactions with database.transaction, which bounds them"));
  }
}

async function unwrapped<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw error instanceof DrizzleQueryError ? error.cause : error;
  }
}

/** Makes drizzle objects over our own connections; the schema is worked out once. */
export class Drizzle<S extends Schema> {
  readonly #dialect = new PgDialect();
  readonly #schema: RelationalSchemaConfig<ExtractTablesWithRelations<S>>;

  constructor(schema: S) {
    const { tables, tableNamesMap } = extractTablesRelationalConfig<ExtractTablesWithRelations<S>>(
      schema,
      createTableRelationsHelpers,
    );
    this.#schema = { fullSchema: schema, schema: tables, tableNamesMap };
  }

  render(query: SQL): Query {
    return this.#dialect.sqlToQuery(query);
  }

  database(target: QueryTarget): NodePgDatabase<S> {
    return new NodePgDatabase<S>(this.#dialect, this.#session(target), this.#schema);
  }

  transaction(target: QueryTarget): Transaction<S> {
    return new NodePgTransaction(this.#dialect, this.#session(target), this.#schema);
  }

  #session(target: QueryTarget): QuietSession<S> {
    // Drizzle's type names all of pg's client, of which it calls `query` alone.
    return new QuietSession<S>(target as unknown as pg.Client, this.#dialect, this.#schema);
  }
}
