import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { domainServices, type ServiceName } from "@kismet/contracts";
import { createRolesAndSchemas, migrate } from "@kismet/database";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { Redis } from "ioredis";
import pg from "pg";
import { TestSigner } from "./member-token.ts";
import { startStandIn, type StandIn, type StandInOptions } from "./stand-in.ts";
import { findTestServers, natsUser, slotCount, type TestServers } from "./test-servers.ts";

/** What a test must offer: tap's `t` does. */
export type Teardown = { teardown(handler: () => Promise<unknown> | void): void };

const rolePassword = "test-role-password";
const templateLock = 7_021_995;
const slotSequence = "kismet_test_slot";

/** A database, a NATS account and a Redis database which no other test file touches. */
export type World = {
  slot: number;
  servers: TestServers;
  signer: TestSigner;
  natsUrl: string;
  redisUrl: string;
  databaseUrl(service: ServiceName): string;
  /** As a superuser, for looking at what a service wrote. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Values by configuration key that every service needs. */
  settings(service: ServiceName): Record<string, string | number>;
  /** Plays a service that is not under test, on its real outbox and relay. */
  standIn(service: ServiceName, options?: StandInOptions): Promise<StandIn>;
};

/**
 * Leases a world to a test. Unless `realAuth` is set, a stand-in for auth answers with the key of `world.signer`, so
 * that `memberToken(world)` is good everywhere.
 */
export async function createWorld(
  t: Teardown,
  { realAuth = false, servers = findTestServers() }: { realAuth?: boolean; servers?: TestServers } = {},
): Promise<World> {
  const { slot, database } = await leaseDatabase(servers);
  const { user, password } = natsUser(slot);
  const natsUrl = `nats://${user}:${password}@${servers.natsAddress}`;
  const redisUrl = `${servers.redisUrl}/${slot}`;
  await Promise.all([emptyNats(servers, slot), emptyRedis(redisUrl)]);

  const admin = new pg.Pool({ connectionString: withDatabase(servers.postgresUrl, database), max: 2 });
  admin.on("error", () => undefined);
  t.teardown(async () => {
    await admin.end();
    await withAdmin(servers, (client) => client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`));
  });

  const world: World = {
    slot,
    servers,
    signer: new TestSigner(),
    natsUrl,
    redisUrl,
    databaseUrl(service) {
      const url = new URL(withDatabase(servers.postgresUrl, database));
      url.username = `kismet_${service}`;
      url.password = rolePassword;
      return url.href;
    },
    async sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]) {
      return (await admin.query<Row>(text, values)).rows;
    },
    settings(service) {
      return {
        env: "test",
        logLevel: "info",
        host: "127.0.0.1",
        port: 0,
        opsPort: 0,
        natsUrl,
        redisUrl,
        databaseUrl: world.databaseUrl(service),
        databasePoolSize: 6,
        receiptSecret: createHash("sha256").update(`receipts of ${service}`).digest("base64url"),
      };
    },
    standIn: (service, options) => startStandIn(t, world, service, options),
  };
  if (!realAuth) await world.standIn("auth");
  return world;
}

async function leaseDatabase(servers: TestServers): Promise<{ slot: number; database: string }> {
  return withAdmin(servers, async (client) => {
    const template = await ensureTemplate(client, servers);
    const { rows } = await client.query<{ ticket: string }>(`SELECT nextval('${slotSequence}') AS ticket`);
    const ticket = Number(rows[0]?.ticket);
    const database = `kismet_test_${ticket}`;
    await client.query(`CREATE DATABASE ${database} TEMPLATE ${template}`);
    return { slot: ticket % slotCount, database };
  });
}

/** Migrates once; every test file then copies the result, which takes a tenth of a second. */
async function ensureTemplate(client: pg.Client, servers: TestServers): Promise<string> {
  const template = `kismet_template_${migrationsDigest()}`;
  await client.query("SELECT pg_advisory_lock($1)", [templateLock]);
  try {
    await client.query(`CREATE SEQUENCE IF NOT EXISTS ${slotSequence}`);
    const found = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [template]);
    if (found.rowCount) return template;
    const draft = `${template}_draft`;
    await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${draft}`);
    await createRolesAndSchemas({
      adminUrl: servers.postgresUrl,
      database: draft,
      services: domainServices.map((name) => ({ name, password: rolePassword })),
    });
    for (const name of domainServices) await migrateService(servers, draft, name);
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${template}`);
    return template;
  } finally {
    await client.query("SELECT pg_advisory_unlock($1)", [templateLock]);
  }
}

async function migrateService(servers: TestServers, database: string, name: ServiceName): Promise<void> {
  const migrationsFolder = migrationsOf(name);
  if (!existsSync(migrationsFolder)) return;
  const url = new URL(withDatabase(servers.postgresUrl, database));
  url.username = `kismet_${name}`;
  url.password = rolePassword;
  await migrate({ url: url.href, schemaName: name, migrationsFolder });
}

function migrationsOf(name: ServiceName): string {
  return fileURLToPath(new URL(`../../../services/${name}/migrations`, import.meta.url));
}

function migrationsDigest(): string {
  const hash = createHash("sha256");
  for (const name of domainServices) {
    const folder = migrationsOf(name);
    if (!existsSync(folder)) continue;
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((f) =>
      f.endsWith(".sql"),
    );
    for (const file of files.sort()) hash.update(file).update(readFileSync(`${folder}/${file}`));
  }
  return hash.digest("hex").slice(0, 12);
}

async function withAdmin<T>(servers: TestServers, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: servers.postgresUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function emptyNats(servers: TestServers, slot: number): Promise<void> {
  const { user, password } = natsUser(slot);
  const connection = await connect({ servers: servers.natsAddress, user, pass: password });
  const manager = await jetstreamManager(connection);
  for await (const name of manager.streams.names()) await manager.streams.delete(name);
  await connection.close();
}

async function emptyRedis(url: string): Promise<void> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1 });
  await redis.flushdb();
  redis.disconnect();
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
