import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { eventually } from "@kismet/testing";
import { jetstreamManager } from "@nats-io/jetstream";
import t from "tap";
import { failureOf, metricOf, within } from "./world/asking.ts";
import { Greet, Recall } from "./world/questions.ts";
import {
  accountsConsumer,
  assertEffects,
  changeAccount,
  project,
  source,
  target,
  World,
} from "./world/world.ts";

/** Two signs of life that stay away, at one a second, and a little. */
const noticedWithinMs = 4_500;
const recoversWithinMs = 15_000;

t.setTimeout(120_000);

const world = await World.start(t);
/** For who can wait longer than the freeze lasts. */
const Await = { ...Greet, subject: "auth.v1.greeting.await", timeoutMs: 3_000 } as const;
const answered: string[] = [];
const auth = await world.instance(t, "auth", source, (bus) => {
  const answer = async ({ name }: { name: string }) => {
    answered.push(name);
    return { greeting: `Hello ${name}` };
  };
  bus.serve(Greet, answer);
  bus.serve(Recall, answer);
  bus.serve(Await, answer);
});
const matching = await world.instance(t, "matching", target, (bus) =>
  bus.consume({ ...accountsConsumer, handlers: [project()] }),
);
const streams = await jetstreamManager(await world.stranger(t));
const [ann, ben] = [randomUUID(), randomUUID()];
let version = 0;

/** Both accounts change so often, which is committed when it returns. */
async function change(times: number): Promise<void> {
  const from = version + 1;
  version += times;
  await Promise.all([ann, ben].map((id) => changeAccount(auth.database, id, from, version)));
}

const tookEffect = () =>
  eventually(
    async () => {
      await assertEffects(world, new Map([ann, ben].map((id) => [id, version])));
      const [row] = await world.sql<{ count: number }>("SELECT count(*)::int FROM matching.effects");
      assert.equal(row?.count, 2 * version);
    },
    { timeoutMs: recoversWithinMs, everyMs: 50 },
  );

const ask = (name: string) => matching.bus.request(Greet, { name });
const isUnnoticed = () => !matching.lines.some(({ message }) => message === "disconnected from NATS");

await t.test("what is committed before takes effect", async (t) => {
  await change(20);
  await tookEffect();
  t.strictSame(await ask("Ann"), { greeting: "Hello Ann" });
});

await t.test("A09 a freeze that ends before anybody notices only delays", async (t) => {
  const thaw = world.freezeNats();
  const asked = matching.bus.request(Await, { name: "delayed" });
  await change(5);
  t.equal((await failureOf(() => within(300, () => ask("hurried")))).code, "DEADLINE_EXCEEDED");
  thaw();
  t.strictSame(await asked, { greeting: "Hello delayed" });
  await tookEffect();
  t.ok(isUnnoticed());
});

for (const round of ["once", "and once more"]) {
  await t.test(`A09 A19 A53 NATS freezes, ${round}`, async (t) => {
    matching.lines.length = 0;
    const thaw = world.freezeNats();
    try {
      await t.test("askers are told by their deadlines, and by the contract's", async (t) => {
        const failures = await Promise.all([
          failureOf(() => within(300, () => ask("hurried"))),
          failureOf(() => ask("patient")),
          failureOf(() => within(700, () => matching.bus.request(Recall, { name: "again" }))),
        ]);
        t.ok(isUnnoticed(), "nobody knows yet that nothing will come");
        for (const [index, limitMs] of [300, Greet.timeoutMs, 700].entries()) {
          const { code, status, afterMs } = failures[index] ?? { afterMs: Infinity };
          t.strictSame([code, status], ["DEADLINE_EXCEEDED", 504]);
          t.ok(afterMs < limitMs + 400, `${Math.round(afterMs)} of ${limitMs} ms`);
        }
      });

      await t.test("what is done in a transaction goes on, and waits in the outbox", async (t) => {
        const begin = performance.now();
        await change(20);
        t.ok(performance.now() - begin < 2_000, "nobody waits for NATS");
        const waiting = await world.sql("SELECT FROM auth.outbox WHERE published_at IS NULL");
        t.ok(waiting.length >= 38, `${waiting.length} wait`);
      });

      await t.test("once that has been noticed, askers are told at once", async (t) => {
        await eventually(() => assert.ok(!isUnnoticed()), { timeoutMs: noticedWithinMs });
        for (let times = 0; times < 3; times += 1) {
          const { code, afterMs } = await failureOf(() => ask("late"));
          t.equal(code, "UNAVAILABLE");
          t.ok(afterMs < 500, `${Math.round(afterMs)} ms`);
        }
        await change(20);
      });
    } finally {
      thaw();
    }

    await t.test("thawed, it is found again, and everything takes effect once and in order", async (t) => {
      await change(20);
      await tookEffect();
      t.strictSame(await eventually(() => ask("Ben"), { timeoutMs: recoversWithinMs }), {
        greeting: "Hello Ben",
      });
      t.notOk(answered.includes("late"), "nothing was kept to be asked later");
      const { state } = await eventually(() => streams.streams.info("EVENTS"));
      t.equal(state.messages, 2 * version, "each event is in the stream once");
      await eventually(async () => assert.equal(await metricOf(auth.parts, "kismet_outbox_pending"), 0), {
        timeoutMs: 7_000,
      });
    });
  });
}

await t.test("A09 A29 a process stops in time while NATS is frozen", async (t) => {
  const thaw = world.freezeNats();
  try {
    const begin = performance.now();
    await Promise.all([auth.stop(), matching.stop()]);
    const tookMs = performance.now() - begin;
    t.ok(tookMs < 8_500, `${Math.round(tookMs)} ms`);
  } finally {
    thaw();
  }
});
