import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createDatabase } from "@kismet/database";
import { eventually } from "@kismet/testing";
import { type JetStreamClient, jetstreamManager } from "@nats-io/jetstream";
import t, { type Test } from "tap";
import { Nats } from "../src/connection.ts";
import { Relay } from "../src/relay.ts";
import { ensureStreams } from "../src/streams.ts";
import { metricOf } from "./world/asking.ts";
import { changeAccount, source, World } from "./world/world.ts";

t.setTimeout(120_000);

const patience = { timeoutMs: 20_000, everyMs: 25 };
/** Of rows that a relay takes at once. */
const batchSize = 500;

const world = await World.start(t);
const streams = await jetstreamManager(await world.stranger(t));

/** Rows as `emit` writes them: so many versions of each account, in turns. */
async function fill(ids: string[], versions: number): Promise<void> {
  await world.sql(
    `INSERT INTO auth.outbox (event_id, subject, aggregate_id, payload, request_id, traceparent, occurred_at)
    SELECT gen_random_uuid(), 'events.auth.account.changed', id, jsonb_build_object('memberId', id, 'version', version,
      'status', 'active', 'changedAt', now()), 'relay-test', '', clock_timestamp()
    FROM generate_series(1, $2::int) AS version, unnest($1::text[]) AS id ORDER BY version`,
    [ids, versions],
  );
}

const untilMarked = () =>
  eventually(async () => {
    assert.deepEqual(await world.sql("SELECT FROM auth.outbox WHERE published_at IS NULL"), []);
  }, patience);

/** The versions of each account in the stream, as they lie there. */
async function inStream(): Promise<Map<string, number[]>> {
  const { state } = await streams.streams.info("EVENTS");
  const seqs = Array.from({ length: state.messages && state.last_seq - state.first_seq + 1 }, (_, n) => n);
  const messages = await Promise.all(
    seqs.map((n) => streams.streams.getMessage("EVENTS", { seq: state.first_seq + n })),
  );
  const versions = new Map<string, number[]>();
  for (const message of messages) {
    if (!message) continue;
    const { memberId, version } = message.json<{ memberId: string; version: number }>();
    versions.set(memberId, [...(versions.get(memberId) ?? []), version]);
  }
  return versions;
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** A relay that leads because it is told to, whoever else does. */
async function relay(
  t: Test,
  connection: (parts: ReturnType<World["parts"]>["parts"]) => Nats = (parts) => new Nats(parts),
) {
  const { parts, lines } = world.parts("auth");
  const database = createDatabase(parts, source);
  const nats = connection(parts);
  parts.lifecycle.add({ name: "nats", start: () => nats.start(), stop: () => nats.stop() });
  const carrier = new Relay(parts, database, nats);
  await parts.lifecycle.start();
  t.teardown(async () => {
    await carrier.lost();
    await parts.lifecycle.stop();
  });
  return { carrier, parts, lines };
}

t.afterEach(async () => {
  await world.empty();
  await streams.streams.purge("EVENTS");
});

await t.test("more than one round takes is carried in order, each aggregate by itself", async (t) => {
  const ids = Array.from({ length: 12 }, () => randomUUID());
  await fill(ids, 45);
  t.ok(ids.length * 45 > batchSize);
  const { carrier, parts } = await relay(t);
  carrier.gained();
  await untilMarked();
  const found = await inStream();
  for (const id of ids) t.strictSame(found.get(id), upTo(45));
  t.equal(await metricOf(parts, "kismet_outbox_published_total"), 540);
});

await t.test("two relays that both believe to lead carry each event once, and in order", async (t) => {
  const ids = Array.from({ length: 6 }, () => randomUUID());
  const [first, second] = [await relay(t), await relay(t)];
  await fill(ids, 40);
  first.carrier.gained();
  second.carrier.gained();
  await untilMarked();
  await fill(
    ids.map(() => randomUUID()),
    40,
  );
  first.carrier.wake();
  second.carrier.wake();
  await untilMarked();
  const found = await inStream();
  t.equal(found.size, 12);
  for (const versions of found.values()) t.strictSame(versions, upTo(40));
});

await t.test("one of two instances leads, and the other goes on when it stops", async (t) => {
  const instances = [await world.instance(t, "auth", source), await world.instance(t, "auth", source)];
  const leaders = async () => {
    const leads = await Promise.all(
      instances.map(({ parts }) => metricOf(parts, "kismet_leader", { name: "relay" })),
    );
    return instances.filter((_, index) => leads[index] === 1);
  };
  const [leader] = await eventually(async () => {
    const found = await leaders();
    assert.equal(found.length, 1);
    return found;
  }, patience);
  const heir = instances.find((instance) => instance !== leader);
  if (!leader || !heir) throw new Error("there are two");
  const id = randomUUID();
  await changeAccount(heir.database, id, 1, 10);
  await untilMarked();
  t.equal(await metricOf(heir.parts, "kismet_outbox_published_total"), 0, "it emits and does not carry");
  await leader.stop();
  await changeAccount(heir.database, id, 11, 20);
  await untilMarked();
  t.equal(await metricOf(heir.parts, "kismet_outbox_published_total"), 10);
  t.strictSame((await inStream()).get(id), upTo(20));
});

await t.test("a commit wakes the relay, also one in an instance that does not lead", async (t) => {
  const leader = await world.instance(t, "auth", source);
  await eventually(async () => {
    assert.equal(await metricOf(leader.parts, "kismet_leader", { name: "relay" }), 1);
  }, patience);
  const other = await world.instance(t, "auth", source);
  for (const { database } of [leader, other]) {
    const begin = performance.now();
    for (let version = 1; version <= 6; version += 1) {
      await changeAccount(database, randomUUID(), version, version);
      await untilMarked();
    }
    const tookMs = performance.now() - begin;
    t.ok(tookMs < 3_500, `six in ${Math.round(tookMs)} ms: it looks once a second of itself`);
  }
});

/** Sleeps, as a process does that is stopped, after the so many-th acknowledgement. */
class SleepyNats extends Nats {
  nap: { afterEvents: number; sleep: () => Promise<void> } | undefined;
  #count = 0;

  override get jetstream(): JetStreamClient {
    const client = super.jetstream;
    const publish: JetStreamClient["publish"] = async (...message) => {
      const ack = await client.publish(...message);
      this.#count += 1;
      if (this.#count === this.nap?.afterEvents) await this.nap.sleep();
      return ack;
    };
    return Object.assign(Object.create(client) as JetStreamClient, { publish });
  }
}

await t.test("A19 a round ends when NATS was replaced meanwhile, since order would be lost", async (t) => {
  const id = randomUUID();
  await fill([id], 30);
  let sleepy: SleepyNats | undefined;
  const { carrier, lines } = await relay(t, (parts) => (sleepy = new SleepyNats(parts)));
  if (!sleepy) throw new Error("it is made");
  const connection = sleepy;
  connection.nap = {
    afterEvents: 10,
    async sleep() {
      await world.killNats({ losesDisk: true });
      await world.startNats();
      await eventually(
        () => assert.ok(lines.some(({ message }) => message === "reconnected to NATS")),
        patience,
      );
      // As any instance does that starts.
      await eventually(() => ensureStreams(streams, 1), patience);
    },
  };
  carrier.gained();
  await untilMarked();
  t.strictSame((await inStream()).get(id), upTo(30));
  t.match(
    lines.filter(({ message }) => message === "the stream has lost events: they are published again"),
    [{ count: 10 }],
  );
});

await t.test("A19 what the stream acknowledged and lost in a crash is published again", async (t) => {
  const id = randomUUID();
  const { carrier, lines } = await relay(t);
  carrier.gained();
  await fill([id], 20);
  await untilMarked();
  const { state } = await streams.streams.info("EVENTS");
  for (let seq = state.last_seq - 4; seq <= state.last_seq; seq += 1)
    await streams.streams.deleteMessage("EVENTS", seq);
  await world.killNats();
  await world.startNats();
  await eventually(async () => assert.deepEqual((await inStream()).get(id), upTo(20)), patience);
  await untilMarked();
  t.match(
    lines.filter(({ message }) => message === "the stream has lost events: they are published again"),
    [{ count: 5 }],
    "those, and no others",
  );
});

await t.test("A19 a stream that somebody has deleted is made and filled again", async (t) => {
  const ids = [randomUUID(), randomUUID()];
  const { carrier } = await relay(t);
  carrier.gained();
  await fill(ids, 10);
  await untilMarked();
  await streams.streams.delete("EVENTS");
  const last = randomUUID();
  await fill([last], 1);
  await eventually(async () => {
    const found = await inStream();
    for (const id of ids) assert.deepEqual(found.get(id), upTo(10));
    assert.deepEqual(found.get(last), [1]);
  }, patience);
  t.pass("with what it had, in order");
});
