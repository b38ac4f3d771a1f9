import { randomUUID } from "node:crypto";
import { createWorld } from "@kismet/testing";
import pg from "pg";
import t from "tap";
import { createRolesAndSchemas } from "../src/index.ts";

const world = await createWorld(t, { realAuth: true });
const adminUrl = world.servers.postgresUrl;
// Roles belong to the cluster, which other tests share.
const run = randomUUID().slice(0, 8);
const [left, right] = [`left_${run}`, `right_${run}`];
const services = [
  { name: left, password: `password of ${left}` },
  { name: right, password: "it's \\ secret" },
];

function urlOf(database: string, role?: { name: string; password: string }): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  if (role) [url.username, url.password] = [`kismet_${role.name}`, encodeURIComponent(role.password)];
  return url.href;
}

async function withClient<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const asAdmin = (text: string, database = "postgres") =>
  withClient(urlOf(database), async (client) => (await client.query<Record<string, unknown>>(text)).rows);

async function createFor(database: string, roles = services): Promise<void> {
  await createRolesAndSchemas({ adminUrl, database, services: roles });
}

const databases = ["one", "two", "three"].map((name) => `kismet_roles_${run}_${name}`);
const [database = ""] = databases;
t.teardown(async () => {
  for (const each of databases) await asAdmin(`DROP DATABASE IF EXISTS ${each} WITH (FORCE)`);
  for (const name of [left, right, `stranger_${run}`]) await asAdmin(`DROP ROLE IF EXISTS kismet_${name}`);
});

await t.test("several who create the same roles at once all succeed", async (t) => {
  const all = [...databases, ...databases, ...databases].map((each) => createFor(each));
  const outcomes = await Promise.allSettled(all);
  t.same(
    outcomes.filter(({ status }) => status === "rejected"),
    [],
  );
});

await t.test("a role reaches its own schema and no other", async (t) => {
  await asAdmin("CREATE TABLE public.shared (id int); INSERT INTO public.shared VALUES (1)", database);
  for (const service of services)
    await withClient(urlOf(database, service), async (client) => {
      // The search path leads to its own schema.
      await client.query("CREATE TABLE letters (text text)");
      await client.query("INSERT INTO letters VALUES ($1)", [service.name]);
      await client.query("CREATE SEQUENCE numbers");
      await client.query("CREATE FUNCTION open_all() RETURNS int LANGUAGE sql RETURN 1");
    });
  await withClient(urlOf(database, services[0]), async (client) => {
    t.same((await client.query(`SELECT * FROM ${left}.letters`)).rows, [{ text: left }]);
    for (const denied of [
      `SELECT * FROM ${right}.letters`,
      `INSERT INTO ${right}.letters VALUES ('forged')`,
      `UPDATE ${right}.letters SET text = 'forged'`,
      `DELETE FROM ${right}.letters`,
      `TRUNCATE ${right}.letters`,
      `ALTER TABLE ${right}.letters ADD COLUMN more int`,
      `DROP TABLE ${right}.letters`,
      `SELECT nextval('${right}.numbers')`,
      `SELECT ${right}.open_all()`,
      `CREATE TABLE ${right}.mine (id int)`,
      `CREATE VIEW ${left}.theirs AS SELECT * FROM ${right}.letters`,
      `CREATE TABLE ${left}.linked (text text REFERENCES ${right}.letters)`,
      `DROP SCHEMA ${right} CASCADE`,
      `ALTER SCHEMA ${right} RENAME TO mine`,
      `GRANT USAGE ON SCHEMA ${right} TO kismet_${left}`,
      "SELECT * FROM public.shared",
      "CREATE TABLE public.mine (id int)",
      "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql RETURN 1",
    ])
      await t.rejects(client.query(denied), { code: "42501" }, denied);
    const listed = await client.query("SELECT DISTINCT table_schema FROM information_schema.tables");
    t.notOk(listed.rows.some((row: { table_schema: string }) => row.table_schema === right));
  });
  t.same(await asAdmin(`SELECT text FROM ${right}.letters`, database), [{ text: right }]);
});

await t.test("a role can't become another, or more than it is", async (t) => {
  await withClient(urlOf(database, services[0]), async (client) => {
    for (const denied of [
      `SET ROLE kismet_${right}`,
      `SET SESSION AUTHORIZATION kismet_${right}`,
      "SET ROLE kismet_admin",
      `GRANT kismet_${right} TO kismet_${left}`,
      `ALTER ROLE kismet_${right} PASSWORD 'mine'`,
      `ALTER ROLE kismet_${left} CREATEROLE`,
      `CREATE ROLE kismet_stranger_${run}`,
      `CREATE DATABASE kismet_stranger_${run}`,
      "COPY (SELECT 1) TO PROGRAM 'true'",
      "SELECT * FROM pg_authid",
    ])
      await t.rejects(client.query(denied), { code: "42501" }, denied);
  });
  const [one, other] = services;
  const borrowed = { name: other?.name ?? "", password: one?.password ?? "" };
  await t.rejects(
    withClient(urlOf(database, borrowed), async () => undefined),
    { code: "28P01" },
    "nor connect as one with its own password",
  );
});

await t.test("who has no role here has no way in", async (t) => {
  const stranger = { name: `stranger_${run}`, password: "strange" };
  await asAdmin(`CREATE ROLE kismet_${stranger.name} LOGIN PASSWORD 'strange'`);
  await t.rejects(
    withClient(urlOf(database, stranger), async () => undefined),
    { code: "42501" },
  );
});

await t.test("run again, it takes back what should not have been given", async (t) => {
  await asAdmin(
    `GRANT CREATE ON SCHEMA public TO PUBLIC; GRANT ALL ON SCHEMA ${right} TO PUBLIC;
     GRANT CONNECT ON DATABASE ${database} TO PUBLIC;
     ALTER ROLE kismet_${left} SUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS INHERIT;
     ALTER ROLE kismet_${left} RESET search_path`,
    database,
  );
  const changed = services.map(({ name }) => ({ name, password: `new password of ${name}` }));
  await createFor(database, changed);
  await withClient(urlOf(database, changed[0]), async (client) => {
    for (const denied of [
      `SELECT * FROM ${right}.letters`,
      `CREATE TABLE ${right}.mine (id int)`,
      "CREATE TABLE public.mine (id int)",
      `CREATE ROLE kismet_other_${run}`,
    ])
      await t.rejects(client.query(denied), { code: "42501" }, denied);
    t.same((await client.query("SELECT * FROM letters")).rows, [{ text: left }], "and keeps the rows");
  });
  const rights = "rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls OR rolinherit";
  t.same(await asAdmin(`SELECT rolname FROM pg_roles WHERE rolname = 'kismet_${left}' AND (${rights})`), []);
  await t.rejects(
    withClient(urlOf(database, services[0]), async () => undefined),
    { code: "28P01" },
    "the old password is good no more",
  );
  const stranger = { name: `stranger_${run}`, password: "strange" };
  await t.rejects(
    withClient(urlOf(database, stranger), async () => undefined),
    { code: "42501" },
  );
});
