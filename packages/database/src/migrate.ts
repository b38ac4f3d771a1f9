import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as applyMigrations } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { lockId } from "./advisory-locks.ts";

/** A migration that can't get its lock by then fails, instead of making every query of the table queue behind it. */
const lockTimeoutMs = 5_000;
const statementTimeoutMs = 300_000;
/** For others who migrate the same schema at this moment. */
const waitForOthersMs = 60_000;

export type MigrateOptions = { url: string; schemaName: string; migrationsFolder: string };

/** Brings a service's schema up to date, once, however many try at the same time. */
export async function migrate({ url, schemaName, migrationsFolder }: MigrateOptions): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: `kismet-${schemaName} migrate`,
    connectionTimeoutMillis: 5_000,
    statement_timeout: statementTimeoutMs,
  });
  await client.connect();
  try {
    await client.query(`SET lock_timeout = ${waitForOthersMs}`);
    await client.query("SELECT pg_advisory_lock($1::bigint)", [lockId(`migrate ${schemaName}`).toString()]);
    await client.query(`SET lock_timeout = ${lockTimeoutMs}`);
    await applyMigrations(drizzle(client), {
      migrationsFolder,
      migrationsSchema: schemaName,
      migrationsTable: "migrations",
    });
  } finally {
    await client.end();
  }
}
