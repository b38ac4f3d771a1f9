import assert from "node:assert/strict";
import { createBus, tombstoneOf } from "@kismet/bus";
import { type ErasureReceipt, eraseMember } from "@kismet/contracts";
import { readReceipt, serveCustody } from "@kismet/custody";
import { createDatabase } from "@kismet/database";
import { createParts, loadConfig } from "@kismet/service-kit";
import { environmentOf, eventually, newId } from "@kismet/testing";
import { sql, TransactionRollbackError } from "drizzle-orm";
import t, { type Test } from "tap";
import { saveProfile } from "../src/candidates/candidates-repository.ts";
import { Config } from "../src/config.ts";
import { custody } from "../src/custody.ts";
import * as schema from "../src/schema.ts";
import type { Tx } from "../src/storage.ts";
import { MatchingWorld, type Person } from "./matching-world.ts";

t.setTimeout(60_000);

const matching = await MatchingWorld.start(t, { instances: 2 });
const { world } = matching;
const auth = await world.standIn("auth");
const patience = { timeoutMs: 15_000 };

const erase = (memberId: string, erasureId = newId()) =>
  auth.bus.request(eraseMember("matching"), { erasureId, memberId });

/** As the service does it when it is asked, but not asked again by itself when it says that it can't yet. */
async function eraserHere(t: Test): Promise<typeof erase> {
  const parts = createParts(
    "matching",
    loadConfig(Config, environmentOf(Config, world.settings("matching"))),
  );
  const database = createDatabase(parts, schema);
  const eraseHere = serveCustody(parts, { bus: createBus(parts, database), database, custody });
  await parts.lifecycle.start();
  t.teardown(() => parts.lifecycle.stop());
  return (memberId) => eraseHere({ memberId, erasureId: newId() });
}

const count = async (table: string, where: string, ...values: unknown[]) =>
  (await world.sql(`SELECT 1 FROM matching.${table} WHERE ${where}`, values)).length;
const entombed = (id: string) => count("tombstones", "digest = $1", tombstoneOf(id));

/** Until so many wait for a lock in this world's database. */
async function waiting(expected: number): Promise<{ pid: number }[]> {
  return eventually(async () => {
    const rows = await world.sql<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    assert.equal(rows.length, expected);
    return rows;
  }, patience);
}

type Held = { rows: number; end(): Promise<unknown> };

/** Somebody's transaction that holds what it has touched until it is ended, or the test is over. */
async function hold(t: Test, work: (tx: Tx) => Promise<{ rowCount: number | null }>): Promise<Held> {
  const reached = Promise.withResolvers<number>();
  const released = Promise.withResolvers<void>();
  const done = matching.database
    .transaction(async (tx) => {
      reached.resolve((await work(tx)).rowCount ?? 0);
      await released.promise;
      tx.rollback();
    })
    .catch((error: unknown) => assert.ok(error instanceof TransactionRollbackError));
  const end = async () => {
    released.resolve();
    await done;
  };
  t.teardown(end);
  return { rows: await reached.promise, end };
}

/** Ann, who has swiped: in the middle of her tables, the swipes are held. */
async function inTheMiddle(t: Test): Promise<{ ann: Person; held: Held }> {
  const [ann, bob] = (await matching.people([{}, {}])) as [Person, Person];
  assert.equal((await ann.swipe(bob, "like")).status, 201);
  await matching.settled("SELECT 1 FROM matching.outbox WHERE published_at IS NULL", [], 0);
  const held = await hold(t, (tx) =>
    tx.execute(sql`SELECT 1 FROM matching.swipes WHERE actor_id = ${ann.id} FOR UPDATE`),
  );
  return { ann, held };
}

const rowsOf = (receipt: ErasureReceipt, table: string) =>
  readReceipt(receipt)?.deleted.find((each) => each.table === table)?.rows;

await t.test("an effect that is under way when an erasure begins is erased with the rest", async (t) => {
  const id = newId();
  // An insert of the same row that is not decided yet: the event's own waits for it.
  const other = await hold(t, async (tx) => {
    await saveProfile(tx, matching.profile(id));
    return { rowCount: 1 };
  });
  await matching.tellProfile(id);
  await waiting(1);
  const erased = erase(id);
  await waiting(2);
  t.equal(await entombed(id), 0, "the erasure has not begun while the effect is under way");
  await other.end();
  t.equal(rowsOf(await erased, "candidates"), 1, "it was there, and is gone");
  t.equal(await count("candidates", "member_id = $1", id), 0);
});

await t.test("two who are asked at once erase once, and answer the same receipt", async (t) => {
  const { ann, held } = await inTheMiddle(t);
  const erasureId = newId();
  const both = [erase(ann.id, erasureId), erase(ann.id, erasureId)];
  await waiting(2);
  t.equal(await entombed(ann.id), 1, "others know of it before the first row goes");
  t.equal(await count("candidates", "member_id = $1", ann.id), 1, "which nobody sees gone before all have");
  await held.end();
  const [one, two] = await Promise.all(both);
  t.same(one, two);
  t.equal(rowsOf(one ?? assert.fail(), "swipes"), 1);
  t.same(await erase(ann.id), one, "also later, and to another erasure");
});

await t.test("one that is broken off between two tables has done nothing, and is done again", async (t) => {
  const { ann, held } = await inTheMiddle(t);
  const failed = assert.rejects(erase(ann.id));
  for (let isOver = false; !isOver;) {
    // Whoever is asked for it again by itself is broken off as well.
    for (const { pid } of await world.sql<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    ))
      await world.sql("SELECT pg_terminate_backend($1)", [pid]);
    isOver = await Promise.race([
      failed.then(() => true),
      new Promise<false>((resolve) => setImmediate(resolve, false)),
    ]);
  }
  await failed;
  t.equal(await count("candidates", "member_id = $1", ann.id), 1);
  t.equal(await entombed(ann.id), 1, "but the tombstone stands");
  await held.end();
  const receipt = await erase(ann.id);
  t.same([rowsOf(receipt, "candidates"), rowsOf(receipt, "swipes")], [1, 1]);
  t.equal(await count("candidates", "member_id = $1", ann.id), 0);
});

await t.test(
  "what was told of a member goes too; while some of it is on its way, nothing is erased",
  async (t) => {
    const { ann, held } = await inTheMiddle(t);
    const unavailable = { code: "UNAVAILABLE" };
    const eraseHere = await eraserHere(t);
    const told = (published: string) =>
      world.sql(
        `INSERT INTO matching.outbox (event_id, subject, aggregate_id, payload, about, request_id, traceparent,
         occurred_at, published_at)
       VALUES (gen_random_uuid(), 'events.matching.test.told', $1::text, '{}', ARRAY[$1::uuid], 'told', '', now(), ${published})`,
        [ann.id],
      );
    await world.sql(
      `INSERT INTO matching.parked (consumer, event_id, position, subject, aggregate_id, payload, request_id,
       traceparent, occurred_at, cause, blocks)
     VALUES ('test', gen_random_uuid(), 1, 'events.test', 'x', $1, 'told', '', now(), 'a test', false)`,
      [JSON.stringify({ by: ann.id })],
    );
    const first = assert.rejects(eraseHere(ann.id), unavailable);
    await waiting(1);
    await told("now()");
    await held.end();
    await first;
    t.equal(
      await count("candidates", "member_id = $1", ann.id),
      1,
      "what came meanwhile was in no stream then",
    );

    // As if the relay had it in hand: its marking waits for this. If it was quicker, once more.
    const marking = await eventually(async () => {
      await told("NULL");
      const held = await hold(t, (tx) =>
        tx.execute(sql`SELECT 1 FROM matching.outbox WHERE published_at IS NULL FOR UPDATE`),
      );
      if (held.rows === 0) await held.end();
      assert.notEqual(held.rows, 0);
      return held;
    }, patience);
    await t.rejects(eraseHere(ann.id), unavailable);
    await marking.end();
    await matching.settled("SELECT 1 FROM matching.outbox WHERE published_at IS NULL", [], 0);
    const receipt = await eraseHere(ann.id);
    t.equal(rowsOf(receipt, "parked"), 1);
    t.equal(await count("outbox", "about @> ARRAY[$1]::uuid[]", ann.id), 0);
  },
);
