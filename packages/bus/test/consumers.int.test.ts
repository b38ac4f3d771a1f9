import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { AccountChanged } from "@kismet/contracts";
import { eventually, forAWhile } from "@kismet/testing";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { headers } from "@nats-io/transport-node";
import t, { type Test } from "tap";
import { gate, metricOf } from "./world/asking.ts";
import { accountAt, assertEffects, changeAccount, source, World } from "./world/world.ts";
import { consumeWith, drawing, outOfOrder } from "./world/consuming.ts";

const patience = { timeoutMs: 15_000, everyMs: 25 };

t.setTimeout(120_000);

const world = await World.start(t);
const auth = await world.instance(t, "auth", source);
const stranger = await world.stranger(t);
const streams = await jetstreamManager(stranger);
const consume = (t: Test, options: Parameters<typeof consumeWith>[2]) => consumeWith(t, world, options);
const change = (id: string, from: number, to: number) => changeAccount(auth.database, id, from, to);
const tookEffect = (...expected: [string, number][]) =>
  eventually(() => assertEffects(world, new Map(expected)), patience);

t.afterEach(async () => {
  await world.empty();
  await streams.streams.purge("EVENTS");
});

await t.test("events of one aggregate wait for each other, and for no other's", async (t) => {
  const [slow, quick] = [randomUUID(), randomUUID()];
  const door = gate();
  const begun: number[] = [];
  await consume(t, {
    poison: "park",
    async before(version, id) {
      if (id !== slow) return;
      begun.push(version);
      if (version === 1) await door.wait();
    },
  });
  await change(slow, 1, 1);
  await door.arrived;
  await change(slow, 2, 5);
  await change(quick, 1, 30);
  await tookEffect([quick, 30]);
  t.strictSame(begun, [1], "those behind it have not begun");
  door.open();
  await tookEffect([slow, 5]);
  t.strictSame(begun, [1, 2, 3, 4, 5]);
});

await t.test("one that fails in a batch keeps nobody else from taking effect", async (t) => {
  drawing(t, 0.9);
  const [bad, ...good] = Array.from({ length: 8 }, () => randomUUID());
  if (!bad) throw new Error("there are eight");
  const { tries } = await consume(t, { poison: "park", before: outOfOrder([bad]) });
  await Promise.all([bad, ...good].map((id) => change(id, 1, 10)));
  await tookEffect(...good.map((id): [string, number] => [id, 10]));
  t.ok(tries(bad, 1).length < 8, "while it is still tried");
  t.strictSame(await world.sql("SELECT FROM matching.effects WHERE id = $1", [bad]), []);
  t.strictSame(await world.sql("SELECT FROM matching.parked"), []);
});

await t.test("what nothing helps is tried eight times, with growing waits, and never again", async (t) => {
  const drawn = 0.1;
  drawing(t, drawn);
  const id = randomUUID();
  const { tries, instance } = await consume(t, { poison: "park", before: outOfOrder([id]) });
  await change(id, 1, 1);
  await eventually(async () => {
    assert.equal((await world.sql("SELECT FROM matching.parked")).length, 1);
  }, patience);
  const moments = tries(id, 1);
  t.equal(moments.length, 8);
  const waits = moments.slice(1).map((moment, index) => moment - (moments[index] ?? 0));
  for (const [index, waitMs] of waits.entries()) {
    const leastMs = drawn * Math.min(5_000, 100 * 2 ** index) - 2;
    t.ok(waitMs >= leastMs, `wait ${index + 1}: ${Math.round(waitMs)} of ${leastMs} ms`);
  }
  await forAWhile(() => assert.equal(tries(id, 1).length, 8), 300);
  const count = (outcome: string) => metricOf(instance.parts, "kismet_consumer_events_total", { outcome });
  t.strictSame([await count("retried"), await count("parked"), await count("applied")], [7, 1, 0]);
  t.match(
    instance.lines.filter(({ level }) => level === "error"),
    [{ message: "event failed for good and is a dead letter", attempts: 8, requestId: String }],
  );
});

await t.test(
  "A19 while storage or another service is away, an event is tried on, and not given up",
  async (t) => {
    drawing(t, 0.02);
    const id = randomUUID();
    const { tries } = await consume(t, {
      poison: "park",
      before: outOfOrder([id], { untilTry: 13, passing: true }),
    });
    await change(id, 1, 1);
    await tookEffect([id, 1]);
    t.equal(tries(id, 1).length, 13);
    t.strictSame(await world.sql("SELECT FROM matching.parked"), []);
  },
);

await t.test("A08 a dead letter tells the operators why, in its own stream too", async (t) => {
  drawing(t, 0.001);
  const id = randomUUID();
  const { name } = await consume(t, { poison: "park", before: outOfOrder([id]) });
  await change(id, 1, 2);
  await eventually(async () => {
    assert.equal((await world.sql("SELECT FROM matching.parked")).length, 2);
  }, patience);
  const dead = await eventually(async () => {
    const last = await streams.streams.getMessage("DEAD", { last_by_subj: `dead.matching.${name}` });
    const first = last && (await streams.streams.getMessage("DEAD", { seq: last.seq - 1 }));
    assert.ok(first);
    assert.match(last.header.get("x-cause"), /waits behind an event of the same aggregate$/);
    return { first, last };
  }, patience);
  t.match(
    dead.first.header.get("x-cause"),
    /^events\.auth\.account\.changed [0-9a-f-]{36}: Error: version 1 is/,
  );
  t.match(dead.first.json(), { memberId: id, version: 1 });
  t.match(dead.last.json(), { memberId: id, version: 2 });
});

await t.test("skip: the ones behind a dead letter go on without it", async (t) => {
  drawing(t, 0.001);
  const id = randomUUID();
  await consume(t, { poison: "skip", before: outOfOrder([id], { versions: [2] }) });
  await change(id, 1, 4);
  const versions = () => world.sql<{ version: number }>("SELECT version FROM matching.effects ORDER BY seq");
  await eventually(async () => {
    assert.deepEqual(await versions(), [{ version: 1 }, { version: 3 }, { version: 4 }]);
  }, patience);
  t.match(await world.sql("SELECT cause, blocks FROM matching.parked"), [
    { cause: /version 2 is out of order/, blocks: false },
  ]);
});

await t.test("park: the ones behind it wait, also those that come later, and after a restart", async (t) => {
  drawing(t, 0.001);
  const id = randomUUID();
  const first = await consume(t, { poison: "park", before: outOfOrder([id], { versions: [2] }) });
  await change(id, 1, 3);
  const parked = async (count: number) =>
    eventually(async () => {
      assert.equal((await world.sql("SELECT FROM matching.parked")).length, count);
    }, patience);
  await parked(2);
  await first.instance.stop();
  await consume(t, { poison: "park", name: first.name, before: () => undefined });
  await change(id, 4, 5);
  await parked(4);
  t.strictSame(await world.sql("SELECT version FROM matching.effects"), [{ version: 1 }]);
});

await t.test(
  "A05 an event that does not fit its schema is a dead letter at once; what is none is dropped",
  async (t) => {
    const { name, instance, tries } = await consume(t, { poison: "skip", before: () => undefined });
    const [id, next] = [randomUUID(), randomUUID()];
    await change(next, 1, 1);
    const unfit = headers();
    unfit.set("Nats-Msg-Id", randomUUID());
    unfit.set("x-aggregate-id", id);
    unfit.set("x-occurred-at", new Date().toISOString());
    unfit.set("x-position", "1");
    const client = jetstream(stranger);
    const text = JSON.stringify({ ...accountAt(id, 1), admin: true });
    await client.publish(AccountChanged.subject, text, { headers: unfit });
    await client.publish(AccountChanged.subject, JSON.stringify(accountAt(id, 1)));
    await change(next, 2, 3);
    await tookEffect([next, 3]);
    const parked = await eventually(async () => {
      const rows = await world.sql("SELECT cause, consumer FROM matching.parked");
      assert.equal(rows.length, 1);
      return rows;
    }, patience);
    t.match(parked, [{ cause: /^Error: the payload does not fit its schema/, consumer: name }]);
    t.strictSame(tries(id, 1), [], "no handler has seen either");
    await eventually(async () => {
      for await (const info of streams.consumers.list("EVENTS")) {
        if (!info.name.startsWith(`matching_${name}_`)) continue;
        assert.equal(info.num_ack_pending + info.num_pending, 0, "neither comes again");
      }
    }, patience);
    t.match(
      instance.lines.filter(({ message }) => message === "this is no event of an outbox"),
      [{ level: "error", subject: AccountChanged.subject }],
    );
  },
);

await t.test(
  "a consumer that begins anew goes on where it was, also if nothing came meanwhile",
  async (t) => {
    const id = randomUUID();
    const { name, instance } = await consume(t, { poison: "park", before: () => undefined });
    await change(id, 1, 20);
    await tookEffect([id, 20]);
    await instance.stop();
    for (const version of [undefined, undefined, 21]) {
      const again = await consume(t, { poison: "park", name, before: () => undefined });
      await eventually(async () => {
        assert.equal(await metricOf(again.instance.parts, "kismet_leader", { name: `consumer ${name}` }), 1);
        const durables = [];
        for await (const info of streams.consumers.list("EVENTS")) durables.push(info);
        const [mine, other] = durables.filter((info) => info.name.startsWith(`matching_${name}_`));
        assert.ok(mine && !other);
        assert.equal(mine.num_pending + mine.num_ack_pending, 0);
        assert.equal(mine.num_waiting, 1, "it has asked for more");
      }, patience);
      if (version) await change(id, version, version);
      await tookEffect([id, version ?? 20]);
      t.equal(
        await metricOf(again.instance.parts, "kismet_consumer_events_total", { outcome: "duplicate" }),
        0,
      );
      await again.instance.stop();
    }
  },
);
