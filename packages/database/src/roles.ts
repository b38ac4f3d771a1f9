import pg from "pg";
import { lockId } from "./advisory-locks.ts";

export type RolesOptions = {
  /** Of a role that may create roles and databases; one database of the cluster, the same for all who do this. */
  adminUrl: string;
  /** Created if it is not there. */
  database: string;
  services: readonly { name: string; password: string }[];
};

/** One role and one schema a service; a role reaches its own schema and no other. May be run again at any time. */
export async function createRolesAndSchemas({ adminUrl, database, services }: RolesOptions): Promise<void> {
  await withClient(adminUrl, async (admin) => {
    // Roles belong to the whole cluster: several who create them for their databases must take turns. A lock of this
    // kind belongs to one database, so they take it where `adminUrl` leads and not in their own.
    await admin.query("SELECT pg_advisory_lock($1::bigint)", [lockId("roles").toString()]);
    const found = await admin.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
    if (found.rowCount === 0) await admin.query(`CREATE DATABASE ${pg.escapeIdentifier(database)}`);
    const url = new URL(adminUrl);
    url.pathname = `/${database}`;
    await withClient(url.href, (client) => createAll(client, database, services));
  });
}

async function createAll(
  client: pg.Client,
  database: string,
  services: RolesOptions["services"],
): Promise<void> {
  await client.query("BEGIN");
  const databaseName = pg.escapeIdentifier(database);
  await client.query(`REVOKE ALL ON DATABASE ${databaseName} FROM PUBLIC`);
  await client.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
  for (const service of services) await createRole(client, databaseName, service);
  await client.query("COMMIT");
}

async function createRole(
  client: pg.Client,
  databaseName: string,
  { name, password }: { name: string; password: string },
): Promise<void> {
  const role = pg.escapeIdentifier(`kismet_${name}`);
  const schema = pg.escapeIdentifier(name);
  const found = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [`kismet_${name}`]);
  if (found.rowCount === 0) await client.query(`CREATE ROLE ${role}`);
  const rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT";
  await client.query(`ALTER ROLE ${role} WITH ${rights} PASSWORD ${pg.escapeLiteral(password)}`);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${role}`);
  await client.query(`REVOKE ALL ON SCHEMA ${schema} FROM PUBLIC`);
  // The migrator says CREATE SCHEMA IF NOT EXISTS, for which Postgres wants the right even if the schema exists.
  await client.query(`GRANT CONNECT, TEMPORARY, CREATE ON DATABASE ${databaseName} TO ${role}`);
  await client.query(`ALTER ROLE ${role} SET search_path = ${schema}, public`);
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "kismet roles",
    connectionTimeoutMillis: 5_000,
    statement_timeout: 60_000,
    lock_timeout: 30_000,
  });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
