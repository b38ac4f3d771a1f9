import { createWorld, eventually } from "@kismet/testing";
import { sql } from "drizzle-orm";
import t from "tap";
import { afterCommit, announce, isUniqueViolation, QueryFailed, type Transaction } from "../src/index.ts";
import { failureOf, meeting, startInstance, within } from "./world/instance.ts";
import { Proxy } from "./world/proxy.ts";

const world = await createWorld(t, { realAuth: true });
const { database, lines } = await startInstance(t, world.databaseUrl("auth"));
await world.sql(
  "CREATE TABLE auth.counters (name text PRIMARY KEY, value int NOT NULL CHECK (value < 1000))",
);
await world.sql("GRANT ALL ON auth.counters TO kismet_auth");

t.beforeEach(() => world.sql("TRUNCATE auth.counters"));

async function create(...names: string[]): Promise<void> {
  for (const name of names) await world.sql("INSERT INTO auth.counters VALUES ($1, 0)", [name]);
}

async function values(): Promise<Record<string, number>> {
  const rows = await world.sql<{ name: string; value: number }>("SELECT * FROM auth.counters ORDER BY name");
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

async function read(tx: Transaction, name: string): Promise<number> {
  const { rows } = await tx.execute<{ value: number }>(
    sql`SELECT value FROM auth.counters WHERE name = ${name}`,
  );
  return rows[0]?.value ?? Number.NaN;
}

const write = (tx: Transaction, name: string, value: number) =>
  tx.execute(sql`UPDATE auth.counters SET value = ${value} WHERE name = ${name}`);
const insert = (tx: Transaction, name: string) =>
  tx.execute(sql`INSERT INTO auth.counters VALUES (${name}, 0)`);
const increment = (tx: Transaction, name: string) =>
  tx.execute(sql`UPDATE auth.counters SET value = value + 1 WHERE name = ${name}`);
/** Fails in Postgres under a state of our choice. */
const raise = (tx: Transaction, state: string) =>
  tx.execute(sql`SELECT set_config('test.state', ${state}, true)`).then(() =>
    tx.execute(sql`DO $$ BEGIN
      RAISE EXCEPTION 'as it was told' USING ERRCODE = current_setting('test.state');
    END $$`),
  );

await t.test("a change that rests on what another has changed is made again", async (t) => {
  await create("likes");
  const bothHaveRead = meeting(2);
  let attempts = 0;
  const change = () =>
    database.transaction(async (tx) => {
      attempts += 1;
      await tx.execute(sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`);
      const value = await read(tx, "likes");
      await bothHaveRead();
      await write(tx, "likes", value + 1);
    });
  await Promise.all([change(), change()]);
  t.same(await values(), { likes: 2 });
  t.equal(attempts, 3);
});

await t.test("so is one that only its commit finds out", async (t) => {
  await create("ann", "bob");
  const bothHaveWritten = meeting(2);
  let attempts = 0;
  /** Nobody may be the second to go. */
  const go = (one: string, other: string) =>
    database.transaction(async (tx) => {
      attempts += 1;
      await tx.execute(sql`SET TRANSACTION ISOLATION LEVEL SERIALIZABLE`);
      if ((await read(tx, other)) === 0) await write(tx, one, 1);
      await bothHaveWritten();
    });
  await Promise.all([go("ann", "bob"), go("bob", "ann")]);
  const { ann = 0, bob = 0 } = await values();
  t.equal(ann + bob, 1);
  t.equal(attempts, 3);
});

await t.test("the victim of a deadlock is repeated and both end right", async (t) => {
  await create("ann", "bob");
  const bothHaveOne = meeting(2);
  let attempts = 0;
  let victims = 0;
  const touch = (first: string, second: string) =>
    database.transaction(async (tx) => {
      attempts += 1;
      try {
        await increment(tx, first);
        await bothHaveOne();
        await increment(tx, second);
      } catch (error) {
        victims += 1;
        throw error;
      }
    });
  await Promise.all([touch("ann", "bob"), touch("bob", "ann")]);
  t.same(await values(), { ann: 2, bob: 2 });
  // One, unless its repetition overtakes the other, which has not woken yet.
  t.ok(victims > 0);
  t.equal(attempts, 2 + victims);
});

for (const state of ["40001", "40P01"]) {
  await t.test(`${state} without end is given up after as many repetitions as were allowed`, async (t) => {
    for (const [options, expected] of [
      [undefined, 4],
      [{ retries: 1 }, 2],
      [{ retries: 0 }, 1],
    ] as const) {
      let attempts = 0;
      const work = async (tx: Transaction) => {
        attempts += 1;
        await raise(tx, state);
      };
      await t.rejects(database.transaction(work, options), { name: "QueryFailed", sqlState: state });
      t.equal(attempts, expected);
    }
    const endless = () => database.transaction((tx) => raise(tx, state), { retries: Infinity });
    const failures = await Promise.all([1, 2, 3, 4].map(() => failureOf(() => within(300, endless))));
    for (const { elapsedMs } of failures)
      t.ok(elapsedMs < 1_500, "and by the deadline, whatever was allowed");
    // One may run out of time in the midst of an attempt, but none waits for another beyond the deadline.
    t.ok(failures.some(({ error }) => error instanceof QueryFailed && error.sqlState === state));
  });
}

await t.test("nothing else is repeated", async (t) => {
  await create("taken");
  const failures: Record<string, (tx: Transaction) => Promise<unknown>> = {
    "unique violation": (tx) => insert(tx, "taken"),
    "check violation": (tx) => write(tx, "taken", 1_000),
    "error of our own": () => Promise.reject(new Error("changed its mind")),
    "end of the session": (tx) => tx.execute(sql`SELECT pg_terminate_backend(pg_backend_pid())`),
    "caught error": (tx) => insert(tx, "taken").catch(() => undefined),
  };
  const states = ["23503", "23P01", "25006", "40002", "40003", "55P03", "57014", "57P01", "08006", "XX000"];
  for (const state of states) failures[state] = (tx) => raise(tx, state);
  for (const [name, fail] of Object.entries(failures)) {
    let attempts = 0;
    const work = async (tx: Transaction) => {
      attempts += 1;
      await insert(tx, "new");
      await fail(tx);
    };
    await t.rejects(database.transaction(work), name);
    t.equal(attempts, 1, `${name}: once`);
    t.same(await values(), { taken: 0 }, `${name}: nothing of it stays`);
  }
});

await t.test("a commit of which nobody heard the end is not repeated", async (t) => {
  await create("likes");
  const proxy = await Proxy.start(t, world.databaseUrl("auth"));
  const cutOff = await startInstance(t, proxy.url, { databasePoolSize: 1 });
  let attempts = 0;
  proxy.onQuestion = (bytes) => {
    // Postgres still gets it, but its answer stays on the way.
    if (bytes.includes("COMMIT")) proxy.silence();
  };
  const change = failureOf(() =>
    cutOff.database.transaction(async (tx) => {
      attempts += 1;
      await increment(tx, "likes");
    }),
  );
  await eventually(async () => {
    if ((await values())["likes"] !== 1) throw new Error("not yet");
  });
  proxy.cut();
  t.match((await change).error, { code: "DATABASE_UNAVAILABLE" });
  t.equal(attempts, 1);
  t.same(await values(), { likes: 1 });
});

await t.test("an error that is caught inside the transaction still fails it", async (t) => {
  await create("taken");
  const ignorant = database.transaction(async (tx) => {
    await insert(tx, "new");
    t.ok(isUniqueViolation((await failureOf(() => insert(tx, "taken"))).error, "counters_pkey"));
  });
  await t.rejects(ignorant, { message: "an error inside the transaction was caught and ignored" });
  t.same(await values(), { taken: 0 });
});

await t.test("a savepoint is rolled back alone", async (t) => {
  await create("taken");
  await database.transaction(async (tx) => {
    await insert(tx, "new");
    await t.rejects(
      tx.transaction((inner) => insert(inner, "taken")),
      { name: "QueryFailed", sqlState: "23505" },
    );
  });
  t.same(await values(), { new: 0, taken: 0 });
  await t.rejects(
    database.read.transaction(() => Promise.resolve()),
    /database\.transaction/,
  );
});

await t.test("hooks run in order once all is committed, and only then", async (t) => {
  const told: string[] = [];
  const seen: Promise<Record<string, number>>[] = [];
  const tell = () => void told.push("same");
  database.onCommit("changed", () => void told.push("first listener"));
  database.onCommit("changed", () => void told.push("second listener"));
  database.onCommit("unchanged", () => void told.push("listener to something else"));
  const result = await database.transaction(async (tx) => {
    afterCommit(tx, () => void told.push("first"));
    afterCommit(tx, tell);
    await insert(tx, "new");
    afterCommit(tx, () => void seen.push(values()));
    afterCommit(tx, () => void told.push("last"));
    afterCommit(tx, tell);
    announce(tx, "changed");
    announce(tx, "changed");
    t.same(told, [], "not before");
    return "result";
  });
  t.equal(result, "result");
  t.same(told, ["first listener", "second listener", "first", "same", "last"]);
  t.same(await Promise.all(seen), [{ new: 0 }], "others see what was committed");
});

await t.test("hooks of what is rolled back never run", async (t) => {
  await create("taken");
  const told: string[] = [];
  database.onCommit("rolled back", () => void told.push("listener"));
  const failing: ((tx: Transaction) => Promise<unknown>)[] = [
    () => Promise.reject(new Error("changed its mind")),
    (tx) => insert(tx, "taken"),
    (tx) => insert(tx, "taken").catch(() => undefined),
    (tx) => tx.execute(sql`SELECT pg_terminate_backend(pg_backend_pid())`),
  ];
  for (const fail of failing) {
    const change = database.transaction(async (tx) => {
      afterCommit(tx, () => void told.push("hook"));
      announce(tx, "rolled back");
      await fail(tx);
    });
    await t.rejects(change);
  }
  t.same(told, []);
});

await t.test("hooks of attempts that failed don't run with the one that did not", async (t) => {
  let attempts = 0;
  const told: number[] = [];
  await database.transaction(async (tx) => {
    const attempt = (attempts += 1);
    afterCommit(tx, () => void told.push(attempt));
    if (attempt < 3) await raise(tx, "40001");
  });
  t.same(told, [3]);
});

await t.test("a hook that fails is logged, undoes nothing and holds up no other", async (t) => {
  const told: string[] = [];
  await database.transaction(async (tx) => {
    await insert(tx, "new");
    afterCommit(tx, () => {
      throw new Error("this cache is broken");
    });
    afterCommit(tx, () => void told.push("next"));
  });
  t.same(told, ["next"]);
  t.same(await values(), { new: 0 });
  const line = lines.find((line) => line.message === "work after a commit failed");
  t.match(line, { level: "error", err: { message: "this cache is broken" } });
});

await t.test("a hook is for transactions of ours", (t) => {
  t.throws(() => afterCommit({}, () => undefined), /no transaction/);
  t.end();
});
