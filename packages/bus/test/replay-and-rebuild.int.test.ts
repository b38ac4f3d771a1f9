import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { eventually } from "@kismet/testing";
import { sql } from "drizzle-orm";
import t, { type Test } from "tap";
import {
  listDeadLetters,
  readRebuild,
  rebuildProjection,
  replayDeadLetters,
  setUpTombstone,
} from "../src/index.ts";
import { failureOf, gate, metricOf } from "./world/asking.ts";
import { consumeWith, drawing, outOfOrder } from "./world/consuming.ts";
import { accountAt, assertEffects, changeAccount, source, target, World } from "./world/world.ts";

t.setTimeout(120_000);

const patience = { timeoutMs: 20_000, everyMs: 25 };
/** Of events read at once from the outbox of the source. */
const pageSize = 200;

const world = await World.start(t);
const auth = await world.instance(t, "auth", source);
const consume = (t: Test, options: Parameters<typeof consumeWith>[2]) => consumeWith(t, world, options);
const change = (id: string, from: number, to: number) => changeAccount(auth.database, id, from, to);
const tookEffect = (...expected: [string, number][]) =>
  eventually(() => assertEffects(world, new Map(expected)), patience);

const list = (consumer?: string) =>
  auth.bus.request(listDeadLetters("matching"), consumer === undefined ? {} : { consumer });
const replay = (consumer: string) => auth.bus.request(replayDeadLetters("matching"), { consumer });
const untilParked = (count: number, consumer?: string) =>
  eventually(async () => {
    const { items } = await list(consumer);
    assert.equal(items.length, count);
    return items;
  }, patience);
const versionsOf = async (id: string) => {
  const rows = await world.sql<{ version: number }>(
    "SELECT version FROM matching.effects WHERE id = $1 ORDER BY seq",
    [id],
  );
  return rows.map(({ version }) => version);
};

t.afterEach(() => world.empty());

await t.test(
  "dead letters are listed with their cause, oldest first, and of one consumer if wished",
  async (t) => {
    drawing(t, 0.001);
    const id = randomUUID();
    const parking = await consume(t, { poison: "park", before: outOfOrder([id]) });
    await change(id, 1, 3);
    const items = await untilParked(3, parking.name);
    t.match(items, [
      { consumer: parking.name, aggregateId: id, cause: "Error: version 1 is out of order" },
      { subject: "events.auth.account.changed", cause: "waits behind an event of the same aggregate" },
      { eventId: String, parkedAt: String },
    ]);
    t.strictSame((await list("nobody")).items, []);
    t.strictSame((await list()).items, items);
    const count = await metricOf(parking.instance.parts, "kismet_dead_letters", { consumer: parking.name });
    t.equal(count, 3);
  },
);

await t.test("replayed, they take effect in order, up to the first that fails again", async (t) => {
  drawing(t, 0.001);
  const [one, two] = [randomUUID(), randomUUID()];
  let broken = [1, 2, 3];
  const { name } = await consume(t, {
    poison: "park",
    before: (version, id, attempt) => outOfOrder([one, two], { versions: broken })(version, id, attempt),
  });
  await Promise.all([change(one, 1, 4), change(two, 1, 2)]);
  await untilParked(6);
  broken = [3];
  t.strictSame(await replay(name), {
    replayed: 4,
    failed: 1,
    causes: ["Error: version 3 is out of order"],
  });
  t.strictSame(
    [await versionsOf(one), await versionsOf(two)],
    [
      [1, 2],
      [1, 2],
    ],
  );
  await change(one, 5, 5);
  await untilParked(3);
  broken = [];
  t.match(await replay(name), { replayed: 3, failed: 0, causes: [] });
  await change(one, 6, 6);
  await tookEffect([one, 6]);
});

await t.test("replayed by two at once, they take effect once", async (t) => {
  drawing(t, 0.001);
  const ids = Array.from({ length: 5 }, () => randomUUID());
  let isBroken = true;
  const { name } = await consume(t, {
    poison: "park",
    before: (...args) => (isBroken ? outOfOrder(ids)(...args) : undefined),
  });
  await Promise.all(ids.map((id) => change(id, 1, 4)));
  await untilParked(20);
  isBroken = false;
  const replies = await Promise.all([replay(name), replay(name), replay(name)]);
  t.equal(
    replies.reduce((sum, { replayed }) => sum + replayed, 0),
    20,
  );
  await tookEffect(...ids.map((id): [string, number] => [id, 4]));
});

await t.test(
  "one that is replayed while its member is being erased was there before, or has no effect",
  async (t) => {
    drawing(t, 0.001);
    const [ann, ben] = [randomUUID(), randomUUID()];
    const door = gate();
    let isBroken = true;
    const { name, instance } = await consume(t, {
      poison: "park",
      async before(version, id, attempt) {
        if (isBroken) await outOfOrder([ann, ben])(version, id, attempt);
        else await door.wait();
      },
    });
    await change(ann, 1, 1);
    await untilParked(1);
    isBroken = false;
    const database = await world.tables(t, "matching", target);
    const entomb = (memberId: string) =>
      database.transaction((tx) => setUpTombstone(tx, "matching", { memberId, erasureId: randomUUID() }));
    const replayed = replay(name);
    await door.arrived;
    const entombed = entomb(ann);
    await eventually(async () => {
      const rows = await world.sql(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      assert.equal(rows.length, 1, "the tombstone waits for the effect");
    }, patience);
    door.open();
    t.match(await replayed, { replayed: 1, failed: 0 });
    await entombed;
    t.strictSame(await versionsOf(ann), [1]);

    isBroken = true;
    await change(ben, 1, 1);
    await untilParked(1);
    isBroken = false;
    await entomb(ben);
    t.match(await replay(name), { replayed: 1, failed: 0 });
    t.strictSame(
      [await versionsOf(ben), (await list(name)).items],
      [[], []],
      "dropped, and never tried again",
    );
    await instance.stop();
  },
);

await t.test("what was skipped is replayed too", async (t) => {
  drawing(t, 0.001);
  const id = randomUUID();
  let isBroken = true;
  const { name } = await consume(t, {
    poison: "skip",
    before: (...args) => (isBroken ? outOfOrder([id], { versions: [2] })(...args) : undefined),
  });
  await change(id, 1, 3);
  await untilParked(1);
  isBroken = false;
  t.match(await replay(name), { replayed: 1, failed: 0 });
  t.strictSame((await versionsOf(id)).toSorted(), [1, 2, 3]);
});

await t.test("A14 commands for a consumer that is none are refused", async (t) => {
  await consume(t, { poison: "park", before: () => undefined });
  for (const command of [replayDeadLetters, rebuildProjection, readRebuild]) {
    const { code } = await failureOf(() => auth.bus.request(command("matching"), { consumer: "nobody" }));
    t.equal(code, "NOT_FOUND");
  }
});

const reset: Parameters<typeof consumeWith>[2]["reset"] = async (tx) => {
  await tx.execute(sql`DELETE FROM ${target.accounts}`);
  await tx.execute(sql`DELETE FROM ${target.effects}`);
};
const rebuild = (consumer: string) => auth.bus.request(rebuildProjection("matching"), { consumer });
const progressOf = (consumer: string) => auth.bus.request(readRebuild("matching"), { consumer });
const untilRebuilt = (consumer: string) =>
  eventually(async () => {
    const progress = await progressOf(consumer);
    assert.ok(progress.finishedAt);
    return progress;
  }, patience);

await t.test(
  "a projection is emptied and filled again from the outbox, page by page, while events come",
  async (t) => {
    const ids = Array.from({ length: 5 }, () => randomUUID());
    const { name, tries } = await consume(t, { poison: "park", before: () => undefined, reset });
    await Promise.all(ids.map((id) => change(id, 1, 50)));
    await tookEffect(...ids.map((id): [string, number] => [id, 50]));
    const stray = randomUUID();
    await world.sql("INSERT INTO matching.accounts VALUES ($1, 7)", [stray]);
    await world.sql("UPDATE matching.accounts SET version = 1 WHERE id <> $1", [stray]);
    t.match(await progressOf(name), { requestedAt: null, finishedAt: null });

    const { requestedAt } = await rebuild(name);
    await Promise.all(ids.map((id) => change(id, 51, 60)));
    const progress = await untilRebuilt(name);
    t.match(progress, { requestedAt });
    t.ok(progress.handled >= 250 && progress.handled > pageSize, `${progress.handled} events`);
    await tookEffect(...ids.map((id): [string, number] => [id, 60]));
    t.strictSame(
      await world.sql("SELECT version, count(*)::int FROM matching.accounts GROUP BY version"),
      [{ version: 60, count: 5 }],
      "what was wrong is right, and what was never told is gone",
    );
    for (const id of ids) t.equal(tries(id, 50).length, 2);
  },
);

await t.test("A19 a rebuild goes on in another process where it was interrupted", async (t) => {
  const id = randomUUID();
  const door = gate();
  let isRebuilding = false;
  const first = await consume(t, {
    poison: "park",
    reset,
    before: (version) => (isRebuilding && version === 225 ? door.wait() : undefined),
  });
  await change(id, 1, 230);
  await tookEffect([id, 230]);
  isRebuilding = true;
  await rebuild(first.name);
  await door.arrived;
  const { afterId, uptoId, handled } = await progressOf(first.name);
  t.ok(handled >= 200 && handled < 225 && afterId < uptoId, `${handled} have come so far`);
  const stopped = first.instance.stop();
  door.open();
  const second = await consume(t, { poison: "park", name: first.name, reset, before: () => undefined });
  await stopped;
  const progress = await untilRebuilt(first.name);
  t.equal(progress.handled, 230);
  t.strictSame(second.tries(id, 150), [], "what had been done was not done again");
  await tookEffect([id, 230]);
});

await t.test("what fails in a rebuild is a dead letter, and the rest goes on", async (t) => {
  drawing(t, 0.001);
  const [good, bad] = [randomUUID(), randomUUID()];
  let isBroken = false;
  const { name } = await consume(t, {
    poison: "park",
    reset,
    before: (...args) => (isBroken ? outOfOrder([bad], { versions: [2] })(...args) : undefined),
  });
  await Promise.all([change(good, 1, 20), change(bad, 1, 4)]);
  await tookEffect([good, 20], [bad, 4]);
  isBroken = true;
  await rebuild(name);
  await untilRebuilt(name);
  await tookEffect([good, 20], [bad, 1]);
  t.match(
    (await untilParked(3)).map(({ cause }) => cause),
    [/version 2 is out of order/, /waits behind/, /waits behind/],
  );
  isBroken = false;
  await rebuild(name);
  await eventually(async () => assert.equal((await progressOf(name)).handled, 24), patience);
  await tookEffect([good, 20], [bad, 4]);
  t.strictSame((await list(name)).items, [], "a rebuild begins without dead letters");
});

await t.test("A19 while its source is away a rebuild waits, and then goes on", async (t) => {
  const id = randomUUID();
  const { name } = await consume(t, { poison: "park", reset, before: () => undefined });
  await change(id, 1, 20);
  await tookEffect([id, 20]);
  await auth.stop();
  const asker = await world.peer(t, "profile");
  await asker.bus.request(rebuildProjection("matching"), { consumer: name });
  await eventually(async () => {
    const [row] = await world.sql<{ waits: boolean }>(
      "SELECT after_id IS NULL AS waits FROM matching.rebuilds",
    );
    assert.ok(row?.waits);
  }, patience);
  t.strictSame(await versionsOf(id), accountVersions(20), "nothing is emptied before it can be filled");
  await world.instance(t, "auth", source);
  await eventually(async () => {
    const progress = await asker.bus.request(readRebuild("matching"), { consumer: name });
    assert.ok(progress.finishedAt);
  }, patience);
  await tookEffect([id, 20]);
});

function accountVersions(count: number): number[] {
  return Array.from({ length: count }, (_, index) => accountAt("", index + 1).version);
}
