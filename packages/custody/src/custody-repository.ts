import type { AnyTransaction } from "@kismet/database";
import { getTableColumns, type SQL, sql } from "drizzle-orm";
import { getTableConfig, type PgColumn, type PgTable, type PgUpdateSetSource } from "drizzle-orm/pg-core";
import { PgDialect } from "drizzle-orm/pg-core/dialect";

/** Gives how many went. */
export async function deleteRows(tx: AnyTransaction, table: PgTable, rows: SQL): Promise<number> {
  const { rowCount } = await tx.execute(sql`DELETE FROM ${table} WHERE ${rows}`);
  return rowCount ?? 0;
}

const dialect = new PgDialect();

/** Gives how many were rewritten. */
export async function rewriteRows(
  tx: AnyTransaction,
  table: PgTable,
  rows: SQL,
  set: Record<string, unknown>,
): Promise<number> {
  const columns = getTableColumns(table);
  const values = Object.entries(set).map(([key, value]) => [key, encoded(columns[key], value)] as const);
  const assignments = dialect.buildUpdateSet(table, Object.fromEntries(values) as PgUpdateSetSource<PgTable>);
  const { rowCount } = await tx.execute(sql`UPDATE ${table} SET ${assignments} WHERE ${rows}`);
  return rowCount ?? 0;
}

/** As drizzle's own builder does: what is no SQL is written as its column wants it. */
function encoded(column: PgColumn | undefined, value: unknown): unknown {
  if (!column) throw new Error("a rewriting names columns of its table");
  const isSql = typeof value === "object" && value !== null && "getSQL" in value;
  return isSql ? value : sql.param(value, column);
}

/** Rows of a section as JSON, in the order of the primary key, after a position in it. */
export async function readRows(
  db: AnyTransaction,
  table: PgTable,
  columns: readonly string[],
  { rows, after, limit }: { rows: SQL; after: string[] | null; limit: number },
): Promise<{ row: string; position: string[] }[]> {
  const all = getTableColumns(table);
  const fields = columns.map((name) => sql`${written(all[name] as PgColumn)} AS ${sql.identifier(name)}`);
  const key = keyOf(table);
  const position = sql.join(
    key.map((column) => sql`${column}::text`),
    sql`, `,
  );
  const further = after
    ? sql`AND (${sql.join(key, sql`, `)}) > (${sql.join(
        after.map((value) => sql`${value}`),
        sql`, `,
      )})`
    : sql``;
  const found = await db.execute<{ row: string; position: string[] }>(sql`
    SELECT (SELECT row_to_json(f) FROM (SELECT ${sql.join(fields, sql`, `)}) f)::text AS row,
      ARRAY[${position}] AS position
    FROM ${table} WHERE (${rows}) ${further}
    ORDER BY ${sql.join(key, sql`, `)} LIMIT ${limit}`);
  return found.rows;
}

/** Times in UTC with milliseconds, as everywhere else; all other types as Postgres makes JSON of them. */
function written(column: PgColumn): SQL {
  return column.getSQLType().startsWith("timestamp")
    ? sql`to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
    : sql`${column}`;
}

function keyOf(table: PgTable): PgColumn[] {
  const { columns, primaryKeys } = getTableConfig(table);
  const key = primaryKeys[0]?.columns ?? columns.filter((column) => column.primary);
  if (key.length === 0) throw new Error(`${getTableConfig(table).name} has no primary key to be read along`);
  return key;
}
