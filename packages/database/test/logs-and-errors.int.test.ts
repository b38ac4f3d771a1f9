import { inspect } from "node:util";
import { createWorld, eventually } from "@kismet/testing";
import { sql } from "drizzle-orm";
import t from "tap";
import { DatabaseUnavailable, isUniqueViolation, QueryFailed } from "../src/index.ts";
import { failureOf, type Instance, type Line, startInstance, within } from "./world/instance.ts";
import { Proxy } from "./world/proxy.ts";

/** What a member has said, and must stay between her and the row. */
const secret = "ann@example.com";

const world = await createWorld(t, { realAuth: true });
const url = world.databaseUrl("auth");
const { database } = await startInstance(t, url);
await database.read.execute(sql`CREATE TABLE auth.people (
  email text PRIMARY KEY,
  age int NOT NULL CONSTRAINT grown_up CHECK (age >= 18),
  friend text CONSTRAINT real_friend REFERENCES auth.people
)`);
await database.read.execute(sql`INSERT INTO auth.people VALUES (${secret}, 30)`);

for (const [name, statement, facts] of [
  [
    "a taken key",
    sql`INSERT INTO auth.people VALUES (${secret}, 30)`,
    { sqlState: "23505", constraint: "people_pkey", table: "people" },
  ],
  [
    "a friend that does not exist",
    sql`INSERT INTO auth.people VALUES ('bob', 30, ${`not ${secret}`})`,
    { sqlState: "23503", constraint: "real_friend" },
  ],
  [
    "a value that a check refuses",
    sql`INSERT INTO auth.people VALUES (${`young ${secret}`}, 17)`,
    { sqlState: "23514", constraint: "grown_up" },
  ],
  [
    "a value that is missing",
    sql`INSERT INTO auth.people VALUES (${`ageless ${secret}`}, NULL)`,
    { sqlState: "23502", table: "people" },
  ],
  ["a value of another type", sql`SELECT ${secret}::text::int`, { sqlState: "22P02" }],
] as const) {
  await t.test(`A04 A08 the error of ${name} names the place and not the value`, async (t) => {
    for (const run of [database.read, database.transaction.bind(database)]) {
      const work =
        typeof run === "function" ? () => run((tx) => tx.execute(statement)) : () => run.execute(statement);
      const { error } = await failureOf(work);
      t.type(error, QueryFailed);
      t.match(error, facts);
      t.match(error.message, new RegExp(`^SQLSTATE ${facts.sqlState}( at [a-z_]+)?$`));
      t.notMatch(inspect(error, { depth: 10, showHidden: true }), secret);
      t.equal(isUniqueViolation(error), facts.sqlState === "23505");
    }
  });
}

await t.test("a unique violation can be told by its constraint", async (t) => {
  const { error } = await failureOf(() =>
    database.read.execute(sql`INSERT INTO auth.people VALUES (${secret}, 30)`),
  );
  t.ok(isUniqueViolation(error, "people_pkey"));
  t.notOk(isUniqueViolation(error, "people_name_key"));
  t.notOk(isUniqueViolation(new DatabaseUnavailable(error)));
});

await t.test("a fault in our SQL says what it is", async (t) => {
  await t.rejects(database.read.execute(sql`SELECT * FROM auth.persons`), {
    name: "QueryFailed",
    message: 'SQLSTATE 42P01: relation "auth.persons" does not exist',
  });
});

const logged = ({ lines }: Instance) => lines.filter((line) => line.message === "slow query");

async function slowQueries(instance: Instance, count: number): Promise<Line[]> {
  return eventually(() => {
    const slow = logged(instance);
    if (slow.length < count) throw new Error(`${slow.length} of ${count}`);
    return slow;
  });
}

await t.test("A34 A04 a slow query is logged with its text and plan and without its values", async (t) => {
  const instance = await startInstance(t, url, { slowQueryMs: 100 });
  const slow = (email: string) => sql`
    SELECT age, pg_sleep(0.15), 'literal of ours' AS note FROM auth.people
     WHERE email = ${email} AND age > 17 LIMIT 42`;
  await instance.database.read.execute(sql`SELECT 'a quick one'`);
  await instance.database.read.execute(slow(secret));
  const [line] = await slowQueries(instance, 1);
  t.match(line, {
    level: "warn",
    sql: "SELECT age, pg_sleep(?), ? AS note FROM auth.people WHERE email = $1 AND age > ? LIMIT ?",
    plan: /people.*\n.*email = \$1/,
  });
  t.ok(Number(line?.["elapsedMs"]) >= 150);
  await instance.database.transaction((tx) => tx.execute(slow(secret)));
  const [, second] = await slowQueries(instance, 2);
  t.notOk(second?.["plan"], "its plan is told once in a while");
  t.notMatch(JSON.stringify(instance.lines), secret);
  t.notMatch(JSON.stringify(instance.lines), "literal of ours");
});

await t.test("A34 a slow failure is logged as well, and a statement without a plan", async (t) => {
  const instance = await startInstance(t, url, { slowQueryMs: 100 });
  const failing = sql`SELECT pg_sleep(0.15), 1 / (age - 30) FROM auth.people WHERE email = ${secret}`;
  await t.rejects(instance.database.read.execute(failing), { name: "QueryFailed" });
  await instance.database.read.execute(sql`DO 'BEGIN PERFORM pg_sleep(0.15); END'`);
  const [first, second] = await slowQueries(instance, 2);
  t.match([first?.["sql"], second?.["sql"]].sort(), ["DO ?", /^SELECT pg_sleep/]);
  t.notMatch(JSON.stringify(instance.lines), secret);
});

await t.test("asking for the plan does nothing twice", async (t) => {
  const instance = await startInstance(t, url, { slowQueryMs: 100 });
  await world.sql("CREATE TABLE auth.visits (at timestamptz); GRANT ALL ON auth.visits TO kismet_auth");
  await instance.database.read.execute(
    sql`INSERT INTO auth.visits SELECT now() FROM (SELECT pg_sleep(0.15)) AS nap`,
  );
  await instance.database.read.execute(sql`SELECT pg_sleep(0.15); INSERT INTO auth.visits VALUES (now())`);
  await slowQueries(instance, 2);
  t.equal((await world.sql("SELECT FROM auth.visits")).length, 2);
});

await t.test("A09 a plan that does not come holds no connection up", async (t) => {
  const proxy = await Proxy.start(t, url);
  // Answers the start-up, the question of the start, and the slow one; the plan is the next.
  proxy.fate = { withAnswer: 3, it: "falls silent" };
  const instance = await startInstance(t, proxy.url, { slowQueryMs: 100, databasePoolSize: 1 });
  proxy.fate = undefined;
  await instance.database.read.execute(sql`SELECT pg_sleep(0.15)`);
  const [line] = await slowQueries(instance, 1);
  t.match(line?.["plan"], /^none: Storage did not answer in time/);
  await within(1_000, () => instance.database.read.execute(sql`SELECT 1`));
});

await t.test("a prepared statement is planned once a connection", async (t) => {
  const instance = await startInstance(t, url, { databasePoolSize: 1 });
  for (const age of [18, 30]) {
    const found = await instance.database.prepared<{ email: string }>(
      "people of an age",
      sql`SELECT email FROM auth.people WHERE age = ${age}`,
    );
    t.equal(found.rows.length, age === 30 ? 1 : 0);
  }
  const { rows } = await instance.database.read.execute<{ calls: number }>(
    sql`SELECT (generic_plans + custom_plans)::int AS calls FROM pg_prepared_statements
         WHERE name = 'people of an age'`,
  );
  t.same(rows, [{ calls: 2 }]);
});
