import { createWorld, eventually, forAWhile } from "@kismet/testing";
import { sql } from "drizzle-orm";
import t from "tap";
import {
  createInstance,
  failureOf,
  type Instance,
  openTransaction,
  slackMs,
  startInstance,
  within,
} from "./world/instance.ts";
import { Proxy } from "./world/proxy.ts";

// They wait for the most part.
t.jobs = 4;

const world = await createWorld(t, { realAuth: true });
const url = world.databaseUrl("auth");

const ask = ({ database }: Instance, word = "word") =>
  database.read
    .execute<{ word: string }>(sql`SELECT ${word}::text AS word`)
    .then(({ rows }) => rows[0]?.word);
const askIn = ({ database }: Instance) =>
  database.transaction(async (tx) => {
    await tx.execute(sql`SELECT 1`);
    await tx.execute(sql`SELECT 2`);
  });

async function behindProxy(
  t: Parameters<typeof Proxy.start>[0],
  databasePoolSize = 2,
): Promise<{ proxy: Proxy; instance: Instance }> {
  const proxy = await Proxy.start(t, url);
  return { proxy, instance: await startInstance(t, proxy.url, { databasePoolSize }) };
}

const logged = ({ lines }: Instance, message: string, times = 1) =>
  eventually(
    () => {
      if (lines.filter((line) => line.message === message).length < times) throw new Error("not yet");
    },
    { timeoutMs: 10_000 },
  );

const endSessions = ({ parts }: Instance) =>
  world.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", [
    `kismet-auth ${parts.config.instanceId}`,
  ]);

t.test(
  "A09 a peer that has gone silent is left in time, and answers again once it wakes",
  { buffered: true },
  async (t) => {
    const { proxy, instance } = await behindProxy(t);
    proxy.freeze();
    const read = await failureOf(() => within(400, () => ask(instance, "late")));
    t.match(read.error, { code: "DATABASE_TIMEOUT", status: 504 });
    t.ok(read.elapsedMs < 400 + slackMs);
    const connect = await failureOf(() => ask(instance));
    t.match(connect.error, { code: "DATABASE_UNAVAILABLE", status: 503, retryAfterSeconds: 1 });
    t.ok(connect.elapsedMs < 2_000 + slackMs);
    proxy.thaw();
    t.equal(await eventually(() => ask(instance, "timely")), "timely");
  },
);

t.test("A09 so is one that goes silent in the middle of a transaction", { buffered: true }, async (t) => {
  const { proxy, instance } = await behindProxy(t);
  const { error, elapsedMs } = await failureOf(() =>
    within(400, () =>
      instance.database.transaction(async (tx) => {
        proxy.silence();
        await tx.execute(sql`SELECT 1`);
      }),
    ),
  );
  t.match(error, { code: "DATABASE_TIMEOUT" });
  t.ok(elapsedMs < 400 + 250 + slackMs);
  t.equal(await within(1_000, () => ask(instance)), "word");
});

t.test(
  "A09 a connection on which nothing came in time is never used again",
  { buffered: true },
  async (t) => {
    const { proxy, instance } = await behindProxy(t, 1);
    proxy.silence();
    await t.rejects(
      within(200, () => ask(instance)),
      { code: "DATABASE_TIMEOUT" },
    );
    // New connections are as they should be, and it takes one at once.
    t.equal(await within(1_000, () => ask(instance)), "word");
  },
);

t.test(
  "an end that comes with the last answer is survived, wherever it comes",
  { buffered: true },
  async (t) => {
    const { proxy, instance } = await behindProxy(t, 1);
    const endsWith = async (withAnswer: number, work: () => Promise<unknown>) => {
      proxy.fate = { withAnswer, it: "ends" };
      proxy.cut();
      await eventually(() => {
        if (instance.database.pool.totalCount > 0) throw new Error("it has not noticed");
      });
      const outcome = await work().catch((error: unknown) => error);
      proxy.fate = undefined;
      await eventually(() => ask(instance));
      return outcome;
    };
    const unavailable = { code: "DATABASE_UNAVAILABLE" };
    t.match(await endsWith(1, () => ask(instance)), unavailable, "of the start-up");
    t.equal(await endsWith(2, () => ask(instance)), "word", "of a statement");
    t.match(await endsWith(2, () => askIn(instance)), unavailable, "of BEGIN");
    t.match(await endsWith(3, () => askIn(instance)), unavailable, "of a statement in a transaction");
    t.equal(await endsWith(5, () => askIn(instance)), undefined, "of COMMIT");
  },
);

t.test("so it is by the probe, and by a start", { buffered: true }, async (t) => {
  const proxy = await Proxy.start(t, url);
  proxy.fate = { withAnswer: 2, it: "ends" };
  const instance = await startInstance(t, proxy.url);
  const { health } = instance.parts;
  for (const withAnswer of [1, 2, 3]) {
    proxy.fate = { withAnswer, it: "ends" };
    proxy.cut();
    await health.start();
    health.stop();
  }
  proxy.fate = undefined;
  await eventually(async () => {
    await health.start();
    health.stop();
    if (!health.report().checks[0]?.ok) throw new Error("it is still down");
  });
});

t.test(
  "a session that Postgres ends fails what was on it, and nothing after",
  { buffered: true },
  async (t) => {
    const instance = await startInstance(t, url);
    const running = failureOf(() => instance.database.read.execute(sql`SELECT pg_sleep(4)`));
    await eventually(async () => {
      const ended = await world.sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = $1 AND query LIKE '%pg_sleep%' AND state = 'active'`,
        [`kismet-auth ${instance.parts.config.instanceId}`],
      );
      if (ended.length === 0) throw new Error("not yet");
    });
    const { error } = await running;
    t.match(error, { code: "DATABASE_UNAVAILABLE", cause: { sqlState: "57P01" } });
    t.equal(await ask(instance), "word");
  },
);

t.test("a session that ends between two statements fails the transaction", { buffered: true }, async (t) => {
  const instance = await startInstance(t, url);
  const open = await openTransaction(instance.database, (tx) => tx.execute(sql`SELECT 1`));
  await endSessions(instance);
  await eventually(() => ask(instance));
  await t.rejects(open.commit(), { code: "DATABASE_UNAVAILABLE" });
  t.equal(await ask(instance), "word");
});

t.test("an idle session that ends is missed by nobody", { buffered: true }, async (t) => {
  const instance = await startInstance(t, url);
  await endSessions(instance);
  await logged(instance, "idle database connection ended");
  const [line] = instance.lines.filter(({ message }) => message === "idle database connection ended");
  t.ok(JSON.stringify(line).length < 400, "told in a line, not with all that the driver knows");
  t.equal(await ask(instance), "word");
});

t.test("a Postgres that can't be reached is unavailable, until it can", { buffered: true }, async (t) => {
  const { proxy, instance } = await behindProxy(t);
  await proxy.close();
  for (const work of [ask, askIn]) {
    const { error, elapsedMs } = await failureOf(() => work(instance));
    t.match(error, { name: "DatabaseUnavailable", status: 503, retryAfterSeconds: 1 });
    t.ok(elapsedMs < slackMs, "which is known at once");
  }
  await proxy.open();
  t.equal(await ask(instance), "word");
});

t.test("A19 a start waits for Postgres, however it is away", { buffered: true }, async (t) => {
  const proxy = await Proxy.start(t, url);
  const instance = createInstance(proxy.url);
  t.teardown(() => instance.parts.lifecycle.stop());
  await proxy.close();
  let isStarted = false;
  const starting = instance.parts.lifecycle.start().then(() => (isStarted = true));
  await logged(instance, "waiting for the database", 3);
  t.notOk(isStarted);
  // Accepts connections and lets them in, but says no more.
  proxy.fate = { withAnswer: 1, it: "falls silent" };
  await proxy.open();
  await logged(instance, "waiting for the database", 5);
  proxy.fate = undefined;
  await starting;
  t.equal(await ask(instance), "word");
});

t.test("A19 a stop ends the waiting", { buffered: true }, async (t) => {
  const proxy = await Proxy.start(t, url);
  const instance = createInstance(proxy.url);
  await proxy.close();
  const starting = failureOf(() => instance.parts.lifecycle.start());
  await logged(instance, "waiting for the database");
  await instance.parts.lifecycle.stop();
  const { elapsedMs } = await starting;
  t.ok(elapsedMs < 2_000 + slackMs);
});

t.test("A16 the probe tells a full pool from a Postgres that is away", { buffered: true }, async (t) => {
  const { proxy, instance } = await behindProxy(t, 1);
  const { health } = instance.parts;
  await health.start();
  t.teardown(() => health.stop());
  const shows = (ok: boolean) =>
    eventually(
      () => {
        if (health.report().checks[0]?.ok !== ok) throw new Error(`still ${ok ? "down" : "up"}`);
      },
      { timeoutMs: 2_000 },
    );
  await shows(true);
  const open = await openTransaction(instance.database, (tx) => tx.execute(sql`SELECT 1`));
  await forAWhile(() => {
    if (!health.report().checks[0]?.ok) throw new Error("it takes a full pool for an outage");
  }, 1_200);
  await open.commit();
  proxy.freeze();
  await shows(false);
  proxy.thaw();
  await shows(true);
  // One connection alone is dead, and nobody says so.
  proxy.silence();
  await shows(false);
  await shows(true);
  await proxy.close();
  await shows(false);
  await proxy.open();
  await shows(true);
  t.pass("within two seconds each");
});
