import { createWorld, eventually } from "@kismet/testing";
import { sql } from "drizzle-orm";
import t, { type Test } from "tap";
import type { AnyTransaction } from "../src/index.ts";
import {
  failureOf,
  type Instance,
  openTransaction,
  type OpenTransaction,
  slackMs,
  startInstance,
  within,
} from "./world/instance.ts";

// They wait for the most part.
t.jobs = 4;

const world = await createWorld(t, { realAuth: true });
await world.sql("CREATE TABLE auth.people (name text PRIMARY KEY, likes int NOT NULL)");
await world.sql("GRANT ALL ON auth.people TO kismet_auth");
await world.sql("INSERT INTO auth.people VALUES ('ann', 0), ('bob', 0), ('cat', 0)");

const start = (databasePoolSize = 4) => startInstance(t, world.databaseUrl("auth"), { databasePoolSize });
const one = sql`SELECT 1`;
const sleep = sql`SELECT pg_sleep(30)`;
const like = (name: string) => (tx: AnyTransaction) =>
  tx.execute(sql`UPDATE auth.people SET likes = likes + 1 WHERE name = ${name}`);

async function likes(name: string): Promise<number | undefined> {
  const [row] = await world.sql<{ likes: number }>("SELECT likes FROM auth.people WHERE name = $1", [name]);
  return row?.likes;
}

/** Of an instance, whatever they do. */
async function sessions({ parts }: Instance): Promise<{ pid: number; state: string }[]> {
  return world.sql("SELECT pid, state FROM pg_stat_activity WHERE application_name = $1 ORDER BY pid", [
    `kismet-auth ${parts.config.instanceId}`,
  ]);
}

function claimTook(t: Pick<Test, "ok">, elapsedMs: number, dueMs: number): void {
  const isDue = elapsedMs > dueMs - 50 && elapsedMs < dueMs + slackMs;
  t.ok(isDue, `it ends after ${dueMs} ms`, { elapsedMs });
}

t.test(
  "A09 a statement ends with the request, and its connection lives on",
  { buffered: true },
  async (t) => {
    const instance = await start();
    const before = await sessions(instance);
    const { error, elapsedMs } = await failureOf(() =>
      within(400, () => instance.database.transaction((tx) => tx.execute(sleep))),
    );
    t.match(error, { code: "DATABASE_TIMEOUT", status: 504, cause: { sqlState: "57014" } });
    claimTook(t, elapsedMs, 400);
    t.same(await sessions(instance), before, "it is the same, and idle");
  },
);

t.test("A09 Postgres doesn't go on with what nobody waits for any more", { buffered: true }, async (t) => {
  const instance = await start();
  const { error, elapsedMs } = await failureOf(() =>
    within(400, () => instance.database.read.execute(sleep)),
  );
  t.match(error, { code: "DATABASE_TIMEOUT" });
  claimTook(t, elapsedMs, 400);
  await eventually(
    async () => {
      if ((await sessions(instance)).length > 0) throw new Error("it goes on");
    },
    { timeoutMs: 250 + slackMs },
  );
});

t.test("A09 a held row is waited for no longer than the request may take", { buffered: true }, async (t) => {
  const { database } = await start();
  const holder = await openTransaction(database, like("ann"));
  const { error, elapsedMs } = await failureOf(() => within(400, () => database.transaction(like("ann"))));
  t.match(error, { code: "DATABASE_TIMEOUT" });
  claimTook(t, elapsedMs, 400);
  await holder.commit();
  t.equal(await likes("ann"), 1);
  await within(2_000, () => database.transaction(like("ann")));
  t.equal(await likes("ann"), 2);
});

t.test("A09 a later statement gets what the earlier ones have left", { buffered: true }, async (t) => {
  const { database } = await start();
  const { error, elapsedMs } = await failureOf(() =>
    within(800, () =>
      database.transaction(async (tx) => {
        await like("bob")(tx);
        await tx.execute(sql`SELECT pg_sleep(0.6)`);
        await tx.execute(sleep);
      }),
    ),
  );
  t.match(error, { code: "DATABASE_TIMEOUT" });
  claimTook(t, elapsedMs, 800);
  // Long before that statement would have reached a limit of its own.
  await within(250 + slackMs, () => database.transaction(like("bob")));
  t.equal(await likes("bob"), 1);
});

t.test("A09 who is told that it took too long doesn't find it done", { buffered: true }, async (t) => {
  const { database } = await start();
  const late = within(200, () =>
    database.transaction(async (tx) => {
      await like("cat")(tx);
      const end = performance.now() + 250;
      await eventually(() => {
        if (performance.now() < end) throw new Error("not yet");
      });
    }),
  );
  await t.rejects(late, { code: "DEADLINE_EXCEEDED" });
  t.equal(await likes("cat"), 0);
});

t.test("A09 nothing begins for a request whose time is up", { buffered: true }, async (t) => {
  const instance = await start();
  const { database } = instance;
  let isBegun = false;
  const tooLate = within(0, () =>
    database.transaction(async () => {
      isBegun = true;
    }),
  );
  await t.rejects(tooLate, { code: /DEADLINE_EXCEEDED|DATABASE_TIMEOUT/ });
  await t.rejects(
    within(0, () => like("cat")(database.read)),
    { code: /DEADLINE_EXCEEDED|DATABASE_TIMEOUT/ },
  );
  t.notOk(isBegun);
  t.equal(await likes("cat"), 0);
});

t.test("A09 without a request there are limits too", { buffered: true }, async (t) => {
  const { database } = await start(8);
  await world.sql("INSERT INTO auth.people VALUES ('held', 0), ('busy', 0)");
  const sleeper = await openTransaction(database, like("held"));
  const begin = performance.now();
  const waiter = database.transaction(like("held")).then(() => performance.now() - begin);
  const limits = Promise.all([
    failureOf(() => database.read.execute(sleep)),
    failureOf(() => database.prepared("sleep", sleep)),
    failureOf(() => database.transaction((tx) => tx.execute(sleep))),
  ]);
  // A transaction may wait for a row longer than a single statement may take.
  const busy = database.transaction(async (tx) => {
    await like("busy")(tx);
    await tx.execute(sql`SELECT pg_sleep(5.7)`);
  });
  const patient = database.transaction(like("busy"));
  claimTook(t, await waiter, 5_000);
  // It had gone to sleep with the row, and lost it.
  await t.rejects(sleeper.commit(), { code: "DATABASE_UNAVAILABLE" });
  t.equal(await likes("held"), 1);
  await Promise.all([busy, patient]);
  t.equal(await likes("busy"), 2);
  for (const [index, { error, elapsedMs }] of (await limits).entries()) {
    t.match(error, { code: "DATABASE_TIMEOUT", cause: { sqlState: "57014" } });
    claimTook(t, elapsedMs, [5_000, 5_000, 10_000][index] ?? 0);
  }
});

t.test(
  "A09 A38 a full pool makes wait for a bounded time, refuses a crowd, and recovers",
  { buffered: true },
  async (t) => {
    const { database, parts } = await start(2);
    const gauge = async (name: string) => {
      const { values } = (await parts.metrics.getSingleMetric(`kismet_database_pool_${name}`)?.get()) as {
        values: { value: number }[];
      };
      return values[0]?.value;
    };
    const ask = () => database.read.execute(one);
    const holders: OpenTransaction[] = [
      await openTransaction(database, (tx) => tx.execute(one)),
      await openTransaction(database, (tx) => tx.execute(one)),
    ];
    t.equal(await gauge("in_use"), 2);

    const hurried = await failureOf(() => within(300, ask));
    t.match(hurried.error, { code: "DATABASE_TIMEOUT", status: 504 });
    claimTook(t, hurried.elapsedMs, 300);

    // The hurried one has left its place in the queue unused.
    const crowd = Array.from({ length: 99 }, () => failureOf(ask));
    await eventually(async () => {
      if ((await gauge("waiting")) !== 100) throw new Error("they do not wait yet");
    });
    const refused = await failureOf(ask);
    t.match(refused.error, { code: "DATABASE_UNAVAILABLE", status: 503, retryAfterSeconds: 1 });
    t.ok(refused.elapsedMs < 200, "the one too many is refused at once");
    for (const { error, elapsedMs } of await Promise.all(crowd)) {
      if (elapsedMs < 1_900 || elapsedMs > 2_000 + slackMs) t.fail(`waited for ${elapsedMs} ms`);
      t.match(error, { code: "DATABASE_UNAVAILABLE", status: 503 });
    }

    // Connections that come for those who have gone are put back.
    const gone = await Promise.all([1, 2].map(() => failureOf(() => within(100, ask))));
    t.equal(gone.length, 2);
    await Promise.all(holders.map((holder) => holder.commit()));
    await Promise.all(Array.from({ length: 20 }, () => within(2_000, ask)));
    t.equal(await gauge("in_use"), 0);
    t.equal(await gauge("idle"), 2);
    t.equal(await gauge("waiting"), 0);
  },
);
