import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { eventually } from "@kismet/testing";
import { jetstreamManager } from "@nats-io/jetstream";
import t, { type Test } from "tap";
import { metricOf } from "./world/asking.ts";
import type { Life } from "./world/crashing-main.ts";
import {
  accountsConsumer,
  assertEffects,
  changeAccount,
  freeze,
  project,
  source,
  target,
  World,
} from "./world/world.ts";

t.setTimeout(120_000);

const world = await World.start(t);
const outbox = await world.tables(t, "auth", source);
const streams = await jetstreamManager(await world.stranger(t));
const patience = { timeoutMs: 20_000, everyMs: 50 };
/** Of each wave, for each of the accounts. */
const perWave = 20;

const projector = (t: Test) =>
  world.instance(t, "matching", target, (bus) => bus.consume({ ...accountsConsumer, handlers: [project()] }));

/** Three accounts that change in waves. */
function changes() {
  const ids = [randomUUID(), randomUUID(), randomUUID()];
  let newest = 0;
  return {
    get count() {
      return ids.length * newest;
    },
    async wave() {
      const from = newest + 1;
      newest += perWave;
      await Promise.all(ids.map((id) => changeAccount(outbox, id, from, newest)));
    },
    tookEffectOnce: () =>
      eventually(async () => {
        await assertEffects(world, new Map(ids.map((id) => [id, newest])));
        const [row] = await world.sql<{ count: number }>("SELECT count(*)::int FROM matching.effects");
        assert.equal(row?.count, ids.length * newest);
      }, patience),
    async unmarked() {
      const rows = await world.sql(
        "SELECT FROM auth.outbox WHERE published_at IS NULL AND aggregate_id = ANY($1)",
        [ids],
      );
      return rows.length;
    },
    async effects() {
      const [row] = await world.sql<{ effects: number; known: number }>(
        `SELECT (SELECT count(*)::int FROM matching.effects WHERE id = ANY($1)) AS effects,
          (SELECT count(*)::int FROM matching.inbox) AS known`,
        [ids],
      );
      return row ?? { effects: 0, known: 0 };
    },
  };
}

function live(place: Life["place"], fatal: number): { child: ChildProcess; died: Promise<unknown> } {
  const path = fileURLToPath(new URL("./world/crashing-main.ts", import.meta.url));
  const life: Life = {
    place,
    fatal,
    settings: world.settings(place === "before marking" ? "auth" : "matching"),
  };
  const child = spawn(process.execPath, [path, JSON.stringify(life)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const died = once(child, "exit").then(([, signal]) => signal);
  return { child, died };
}

const inStream = async () => (await streams.streams.info("EVENTS")).state.messages;

async function unacknowledged(): Promise<number> {
  let count = 0;
  for await (const info of streams.consumers.list("EVENTS")) count += info.num_ack_pending;
  return count;
}

/** What is still to come would take effect in the next test, which begins with an empty inbox. */
const nothingIsToCome = () =>
  eventually(async () => {
    for await (const info of streams.consumers.list("EVENTS"))
      assert.equal(info.num_pending + info.num_ack_pending, 0);
  }, patience);

t.afterEach(() => world.empty());

await t.test("a relay is killed between publishing and marking: nothing is lost or doubled", async (t) => {
  await projector(t);
  const accounts = changes();
  const before = await eventually(inStream, patience);
  for (const fatal of [1, 2]) {
    await accounts.wave();
    const { died } = live("before marking", fatal);
    for (let mark = 1; mark < fatal; mark += 1) {
      await eventually(async () => assert.equal(await accounts.unmarked(), 0), patience);
      await accounts.wave();
    }
    t.equal(await died, "SIGKILL");
    const marked = accounts.count - (await accounts.unmarked());
    const published = (await inStream()) - before;
    t.ok(published > marked, `${published} are in the stream, and the outbox knows of ${marked}`);
    t.ok(published <= accounts.count, "none of them twice");
  }
  const survivor = await world.instance(t, "auth", source);
  await eventually(async () => assert.equal(await accounts.unmarked(), 0), patience);
  t.equal((await inStream()) - before, accounts.count, "what is published again goes by the same id");
  await accounts.tookEffectOnce();
  await survivor.stop();
});

await t.test(
  "a consumer is killed between its effect and its acknowledgement: it takes effect once",
  async (t) => {
    const emitter = await world.instance(t, "auth", source);
    const accounts = changes();
    for (const fatal of [1, 2]) {
      await accounts.wave();
      const { died } = live("before acknowledging", fatal);
      for (let commit = 1; commit < fatal; commit += 1) {
        await eventually(async () => assert.ok((await accounts.effects()).effects > 0), patience);
        await accounts.wave();
      }
      t.equal(await died, "SIGKILL");
      const { effects, known } = await accounts.effects();
      t.ok(effects > 0 && effects === known, `${effects} effects are there`);
      t.ok((await unacknowledged()) > 0, "the stream does not know");
    }
    const survivor = await projector(t);
    await nothingIsToCome();
    await accounts.tookEffectOnce();
    const again = await metricOf(survivor.parts, "kismet_consumer_events_total", { outcome: "duplicate" });
    t.ok(again > 0, `${again} came again and were known`);
    await Promise.all([survivor.stop(), emitter.stop()]);
  },
);

await t.test(
  "a consumer is killed before it commits: nothing of it stays, and all comes again",
  async (t) => {
    const emitter = await world.instance(t, "auth", source);
    const accounts = changes();
    for (const fatal of [1, 30]) {
      await accounts.wave();
      const { effects: before } = await accounts.effects();
      const { died } = live("before committing", fatal);
      t.equal(await died, "SIGKILL");
      const { effects, known } = await accounts.effects();
      t.equal(effects, known, "an effect is there if its event is known");
      t.ok(effects < accounts.count && effects >= before, `${effects} of ${accounts.count} effects`);
      t.ok((await unacknowledged()) > 0);
    }
    const survivor = await projector(t);
    await accounts.tookEffectOnce();
    await nothingIsToCome();
    await Promise.all([survivor.stop(), emitter.stop()]);
  },
);

await t.test(
  "a consumer that slept, and was taken for dead, wakes: nothing takes effect twice or late",
  async (t) => {
    const emitter = await world.instance(t, "auth", source);
    const accounts = changes();
    await accounts.wave();
    const { child, died } = live("before acknowledging", 0);
    await accounts.tookEffectOnce();
    const waves = Promise.all([accounts.wave(), eventually(() => assert.ok(child.pid))]);
    const wake = freeze([child.pid ?? 0]);
    await waves;
    const heir = await projector(t);
    await eventually(
      async () => assert.equal(await metricOf(heir.parts, "kismet_leader", { name: "consumer accounts" }), 1),
      patience,
    );
    await accounts.tookEffectOnce();
    const begun = accounts.wave();
    wake();
    await begun;
    await accounts.wave();
    await accounts.tookEffectOnce();
    await nothingIsToCome();
    child.kill("SIGKILL");
    await died;
    await Promise.all([heir.stop(), emitter.stop()]);
  },
);

await t.test(
  "A19 both servers are killed at once, and NATS loses its disk: what was committed arrives",
  async (t) => {
    const emitter = await world.instance(t, "auth", source);
    const consumer = await projector(t);
    const accounts = changes();
    await accounts.wave();
    await accounts.tookEffectOnce();
    await Promise.all([world.killNats({ losesDisk: true }), world.killPostgres()]);
    await Promise.all([world.startNats(), world.startPostgres()]);
    await eventually(() => world.sql("SELECT"), patience);
    await accounts.wave();
    await accounts.tookEffectOnce();
    t.equal(await eventually(inStream, patience), accounts.count, "the stream has the lost ones again");
    await Promise.all([consumer.stop(), emitter.stop()]);
  },
);
