import { randomUUIDv7 } from "node:crypto";
import { AccountChanged, GetAccount } from "@kismet/contracts";
import { lockKeys } from "@kismet/database";
import { deadlineIn, runWithContext } from "@kismet/service-kit";
import { eventually } from "@kismet/testing";
import t from "tap";
import { emit, listDeadLetters, readRebuild, rebuildProjection, replayDeadLetters } from "../src/index.ts";
import { assertEffects, changeAccount, project, source, target, World } from "./world/world.ts";

const world = await World.start(t);
const auth = await world.instance(t, "auth", source);
const refused = new Set<number>();
const consumer = (poison: "park" | "skip") => ({
  name: `accounts-${poison}`,
  source: "auth" as const,
  handlers: [
    project((version) => {
      if (refused.has(version)) throw new Error(`version ${version} is poison`);
    }),
  ],
  poison,
});
const matching = await world.instance(t, "matching", target, (bus) => bus.consume(consumer("park")));
const patience = { timeoutMs: 45_000, everyMs: 100 };
const asked = <T>(work: () => Promise<T>) =>
  runWithContext({ requestId: "bus-test-request", traceparent: "", deadline: deadlineIn(8_000) }, work);

t.afterEach(() => world.empty());

await t.test("events take effect once each, in order, also written by ten at once", async (t) => {
  const ids = Array.from({ length: 10 }, () => randomUUIDv7());
  await Promise.all(ids.map((id) => changeAccount(auth.database, id, 1, 30)));
  await eventually(() => assertEffects(world, new Map(ids.map((id) => [id, 30]))), patience);
  t.pass("ten aggregates of thirty");
});

await t.test("an event of a transaction that commits late is not skipped", async (t) => {
  const [late, early] = [randomUUIDv7(), randomUUIDv7()];
  await auth.database.transaction(async (tx) => {
    await lockKeys(tx, late);
    await emit(tx, AccountChanged, {
      aggregateId: late,
      payload: { memberId: late, version: 1, status: "active", changedAt: new Date().toISOString() },
    });
    // Has a later id, and is carried before this one commits.
    await changeAccount(auth.database, early, 1, 1);
    await eventually(() => assertEffects(world, new Map([[early, 1]])), patience);
  });
  await eventually(() => assertEffects(world, new Map([[late, 1]])), patience);
  t.pass("it came");
});

await t.test("what is rolled back is never told", async (t) => {
  const id = randomUUIDv7();
  const change = auth.database.transaction(async (tx) => {
    await emit(tx, AccountChanged, {
      aggregateId: id,
      payload: { memberId: id, version: 1, status: "active", changedAt: new Date().toISOString() },
    });
    throw new Error("changed its mind");
  });
  await t.rejects(change, { message: "changed its mind" });
  t.same(await world.sql("SELECT 1 FROM auth.outbox WHERE aggregate_id = $1", [id]), []);
});

for (const losesDisk of [false, true]) {
  await t.test(
    `NATS is killed under a stream of events${losesDisk ? ", and loses its disk" : ""}`,
    async (t) => {
      const ids = Array.from({ length: 5 }, () => randomUUIDv7());
      const writing = Promise.all(ids.map((id) => changeAccount(auth.database, id, 1, 60)));
      await eventually(async () => {
        const rows = await world.sql("SELECT FROM matching.effects");
        if (rows.length === 0) throw new Error("not yet");
      }, patience);
      await world.killNats({ losesDisk });
      await writing;
      await world.startNats();
      await eventually(() => assertEffects(world, new Map(ids.map((id) => [id, 60]))), patience);
      t.pass("all of it, once, in order");
    },
  );
}

await t.test(
  "Postgres is killed under a stream of events: what was committed takes effect once",
  async (t) => {
    const ids = Array.from({ length: 5 }, () => randomUUIDv7());
    const committed = new Map<string, number>();
    const write = async (id: string) => {
      for (let version = 1; version <= 60; version += 1) {
        await changeAccount(auth.database, id, version, version);
        committed.set(id, version);
      }
    };
    const writing = Promise.allSettled(ids.map(write));
    await eventually(() => {
      if (committed.size < ids.length) throw new Error("not yet");
    }, patience);
    await world.killPostgres();
    await writing;
    await world.startPostgres();
    await eventually(async () => {
      const rows = await world.sql<{ id: string; n: number; top: number }>(
        "SELECT id, count(*)::int AS n, max(version)::int AS top FROM matching.effects GROUP BY id",
      );
      for (const [id, version] of committed) {
        const row = rows.find((found) => found.id === id);
        // One more may have been committed without its writer having heard of it.
        if (!row || row.n !== row.top || row.top < version) throw new Error(`${id}: ${row?.n} of ${version}`);
      }
    }, patience);
    t.pass("once each");
  },
);

await t.test(
  "poison is parked with its cause and holds back its aggregate only, until it is replayed",
  async (t) => {
    const [bad, good] = [randomUUIDv7(), randomUUIDv7()];
    refused.add(777);
    await changeAccount(auth.database, bad, 777, 779);
    await changeAccount(auth.database, good, 1, 3);
    await eventually(() => assertEffects(world, new Map([[good, 3]])), patience);
    const parked = await eventually(async () => {
      const { items } = await asked(() => auth.bus.request(listDeadLetters("matching"), {}));
      if (items.length < 3) throw new Error(`${items.length} are parked`);
      return items;
    }, patience);
    t.match(parked[0], { consumer: "accounts-park", aggregateId: bad, cause: /version 777 is poison/ });
    refused.clear();
    const told = await asked(() =>
      auth.bus.request(replayDeadLetters("matching"), { consumer: "accounts-park" }),
    );
    t.match(told, { replayed: 3, failed: 0 });
    const effects = await world.sql<{ version: number }>(
      "SELECT version FROM matching.effects WHERE id = $1 ORDER BY seq",
      [bad],
    );
    t.same(
      effects.map(({ version }) => version),
      [777, 778, 779],
    );
  },
);

await t.test("a projection is rebuilt from the outbox while events flow", async (t) => {
  const ids = Array.from({ length: 5 }, () => randomUUIDv7());
  await Promise.all(ids.map((id) => changeAccount(auth.database, id, 1, 20)));
  await eventually(() => assertEffects(world, new Map(ids.map((id) => [id, 20]))), patience);
  await world.sql("TRUNCATE matching.accounts");
  const writing = Promise.all(ids.map((id) => changeAccount(auth.database, id, 21, 40)));
  await asked(() => auth.bus.request(rebuildProjection("matching"), { consumer: "accounts-park" }));
  await writing;
  await eventually(async () => {
    const { finishedAt } = await asked(() =>
      auth.bus.request(readRebuild("matching"), { consumer: "accounts-park" }),
    );
    if (!finishedAt) throw new Error("the rebuild goes on");
    const rows = await world.sql<{ version: number }>("SELECT version FROM matching.accounts");
    if (rows.length !== 5 || rows.some(({ version }) => version !== 40))
      throw new Error(JSON.stringify(rows));
  }, patience);
  t.pass("every account at its last version");
});

await t.test(
  "A09 a request that nobody answers, and one that is malformed, fail in time and by name",
  async (t) => {
    const begin = performance.now();
    const silent = runWithContext(
      { requestId: "bus-test-silence", traceparent: "", deadline: deadlineIn(1_500) },
      () => matching.bus.request(GetAccount, { memberId: randomUUIDv7() }),
    );
    await t.rejects(silent, { code: /UNAVAILABLE|DEADLINE_EXCEEDED/ });
    t.ok(performance.now() - begin < 2_500);
    await t.rejects(asked(() => matching.bus.request(GetAccount, { memberId: "x" })));
  },
);
