import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { AccountChanged, defineSignal, strict } from "@kismet/contracts";
import { eventually, forAWhile } from "@kismet/testing";
import { jetstream } from "@nats-io/jetstream";
import { headers } from "@nats-io/transport-node";
import t, { type Test } from "tap";
import { Type } from "typebox";
import { deadlineIn, requireContext, runWithContext } from "@kismet/service-kit";
import { accountAt, changeAccount, source, World } from "./world/world.ts";

t.setTimeout(120_000);

const Nudge = defineSignal({
  subject: (id) => `chat.nudge.${id}`,
  payload: strict({ count: Type.Integer({ minimum: 0 }) }),
});
const patience = { timeoutMs: 15_000, everyMs: 25 };
const hourMs = 3_600_000;
const hello = 1_000_000;

const world = await World.start(t);
const auth = await world.instance(t, "auth", source);
const stranger = await world.stranger(t);

/** What an instance hears of signals for `id`. */
async function listener(t: Test, id: string) {
  const instance = await world.peer(t, "chat");
  const heard: { count: number; requestId: string; token: string | undefined }[] = [];
  let isHeard = false;
  const listening = instance.bus.listen(Nudge, id, ({ count }) => {
    if (count === hello) {
      isHeard = true;
      return;
    }
    if (count === 666) throw new Error("can't bear it");
    const { requestId, token } = requireContext();
    heard.push({ count, requestId, token });
  });
  // Until NATS has heard of the subscription.
  await eventually(() => {
    auth.bus.signal(Nudge, id, { count: hello });
    assert.ok(isHeard);
  }, patience);
  return { instance, heard, listening, counts: () => heard.map(({ count }) => count) };
}

await t.test("a signal reaches each instance that listens for the id, in order, and no other", async (t) => {
  const id = randomUUID();
  const [first, second, other] = [
    await listener(t, id),
    await listener(t, id),
    await listener(t, randomUUID()),
  ];
  const expected = Array.from({ length: 50 }, (_, count) => count);
  for (const count of expected) auth.bus.signal(Nudge, id, { count });
  await eventually(() => {
    assert.deepEqual(first.counts(), expected);
    assert.deepEqual(second.counts(), expected);
  }, patience);
  t.strictSame(other.heard, []);
  second.listening.stop();
  auth.bus.signal(Nudge, id, { count: 50 });
  await eventually(() => assert.equal(first.heard.length, 51), patience);
  await forAWhile(() => assert.equal(second.heard.length, 50), 100);
});

await t.test("A11 it is heard in the context of what caused it, without the member's token", async (t) => {
  const id = randomUUID();
  const { heard } = await listener(t, id);
  const context = {
    requestId: "the-one-request",
    traceparent: "",
    deadline: deadlineIn(1_000),
    token: "secret-value",
  };
  runWithContext(context, () => auth.bus.signal(Nudge, id, { count: 1 }));
  await eventually(() => assert.equal(heard.length, 1), patience);
  t.match(heard, [{ requestId: "the-one-request", token: undefined }]);
});

await t.test(
  "A05 what does not fit is neither sent nor heard, and a listener that fails goes on",
  async (t) => {
    const id = randomUUID();
    const { instance, counts } = await listener(t, id);
    t.throws(() => auth.bus.signal(Nudge, id, { count: -1 }), { message: /does not fit/ });
    for (const wrong of ["*", ">", "a.b", "", "x".repeat(65)]) {
      t.throws(() => auth.bus.signal(Nudge, wrong, { count: 1 }), { message: /can't be part of a subject/ });
      t.throws(() => instance.bus.listen(Nudge, wrong, () => undefined), { message: /can't be part/ });
    }
    for (const text of ['{"count":-1}', '{"count":1,"admin":true}', "{"])
      stranger.publish(Nudge.subject(id), text);
    await stranger.flush();
    auth.bus.signal(Nudge, id, { count: 666 });
    auth.bus.signal(Nudge, id, { count: 7 });
    await eventually(() => assert.deepEqual(counts(), [7]), patience);
    t.equal(
      instance.lines.filter(({ message, level }) => message === "signal failed" && level === "error").length,
      4,
    );
  },
);

await t.test("A19 a signal is lost while NATS is away, and heard again after its restart", async (t) => {
  const id = randomUUID();
  const { heard, counts } = await listener(t, id);
  const away = auth.lines.length;
  await world.killNats();
  await eventually(() => {
    assert.ok(auth.lines.slice(away).some(({ message }) => message === "disconnected from NATS"));
  }, patience);
  auth.bus.signal(Nudge, id, { count: 1 });
  await world.startNats();
  await eventually(() => {
    auth.bus.signal(Nudge, id, { count: 2 });
    assert.ok(heard.length > 0);
  }, patience);
  t.notOk(counts().includes(1), "nothing is kept to be sent later");
});

/** What an instance sees of account changes, from its start on. */
async function watcher(t: Test, { sinceMs = hourMs, poison = 0 } = {}) {
  const seen: { memberId: string; version: number; requestId: string; occurredAt: Date }[] = [];
  const instance = await world.peer(t, "profile", (bus) => {
    bus.watch(AccountChanged, { sinceMs }, ({ payload: { memberId, version }, requestId, occurredAt }) => {
      if (version === poison) throw new Error("can't bear it");
      seen.push({ memberId, version, requestId, occurredAt });
    });
  });
  const versionsOf = (id: string) =>
    seen.filter(({ memberId }) => memberId === id).map(({ version }) => version);
  return { instance, seen, versionsOf };
}

await t.test(
  "a watch has seen the past when its start has ended, and sees each event as it comes",
  async (t) => {
    const id = randomUUID();
    await changeAccount(auth.database, id, 1, 30);
    await eventually(async () => {
      assert.deepEqual(await world.sql("SELECT FROM auth.outbox WHERE published_at IS NULL"), []);
    }, patience);
    const [first, second] = [await watcher(t), await watcher(t)];
    const expected = Array.from({ length: 30 }, (_, index) => index + 1);
    t.strictSame(first.versionsOf(id), expected, "in order, before it serves anybody");
    t.strictSame(second.versionsOf(id), expected, "in every instance");
    await changeAccount(auth.database, id, 31, 40);
    for (const { versionsOf } of [first, second]) {
      await eventually(() => assert.equal(versionsOf(id).at(-1), 40), patience);
      t.strictSame(versionsOf(id), [...expected, ...Array.from({ length: 10 }, (_, index) => index + 31)]);
    }
    t.match(first.seen[0], { requestId: /^[0-9a-f-]{36}$/, occurredAt: Date });
  },
);

await t.test("a watch looks back as far as it was told", async (t) => {
  const [old, recent] = [randomUUID(), randomUUID()];
  await changeAccount(auth.database, old, 1, 1);
  const first = await watcher(t);
  await eventually(() => assert.deepEqual(first.versionsOf(old), [1]), patience);
  const begin = Date.now();
  await eventually(() => assert.ok(Date.now() - begin > 600), patience);
  await changeAccount(auth.database, recent, 1, 1);
  await eventually(() => assert.deepEqual(first.versionsOf(recent), [1]), patience);
  const second = await watcher(t, { sinceMs: 500 });
  t.strictSame(second.versionsOf(old), []);
  await changeAccount(auth.database, recent, 2, 2);
  await eventually(() => assert.equal(second.versionsOf(recent).at(-1), 2), patience);
});

await t.test("A05 what does not fit its schema is not shown, and a watch that fails goes on", async (t) => {
  const id = randomUUID();
  const { instance, versionsOf } = await watcher(t, { poison: 2, sinceMs: 1 });
  const unfit = headers();
  for (const [name, value] of [
    ["Nats-Msg-Id", randomUUID()],
    ["x-aggregate-id", id],
    ["x-occurred-at", new Date().toISOString()],
  ] as const)
    unfit.set(name, value);
  const text = JSON.stringify({ ...accountAt(id, 1), admin: true });
  await jetstream(stranger).publish(AccountChanged.subject, text, { headers: unfit });
  await changeAccount(auth.database, id, 2, 3);
  await eventually(() => assert.deepEqual(versionsOf(id), [3]), patience);
  const failed = instance.lines.filter(({ message }) => message === "watched event failed");
  t.match(failed, [{ reason: /does not fit its schema/ }, { reason: /can't bear it/ }]);
});

for (const losesDisk of [false, true]) {
  await t.test(
    `A19 a watch misses nothing when NATS is killed${losesDisk ? " and loses its disk" : ""}`,
    async (t) => {
      const id = randomUUID();
      const { versionsOf } = await watcher(t);
      const writing = changeAccount(auth.database, id, 1, 60);
      await eventually(() => assert.ok(versionsOf(id).length > 0), patience);
      await world.killNats({ losesDisk });
      await writing;
      await changeAccount(auth.database, id, 61, 70);
      await world.startNats();
      await eventually(() => assert.equal(new Set(versionsOf(id)).size, 70), patience);
      await changeAccount(auth.database, id, 71, 71);
      await eventually(() => assert.equal(versionsOf(id).at(-1), 71), patience);
      t.strictSame(
        [...new Set(versionsOf(id))],
        Array.from({ length: 71 }, (_, index) => index + 1),
        "in order, apart from what comes again",
      );
    },
  );
}

await t.test("A19 a watch that can't follow shows in readiness, though NATS itself answers", async (t) => {
  const id = randomUUID();
  const { instance, versionsOf } = await watcher(t);
  const { health } = instance.parts;
  await health.start();
  t.teardown(() => health.stop());
  const checks = () => Object.fromEntries(health.report().checks.map(({ name, ok }) => [name, ok]));
  t.strictSame(checks(), { nats: true, events: true });

  await world.killNats();
  await world.startNats({ withJetStream: false });
  await eventually(() => assert.deepEqual(checks(), { nats: true, events: false }), patience);
  await changeAccount(auth.database, id, 1, 2);

  await world.killNats();
  await world.startNats();
  await eventually(() => assert.deepEqual(checks(), { nats: true, events: true }), patience);
  await eventually(() => assert.deepEqual([...new Set(versionsOf(id))], [1, 2]), patience);
});

await t.test("A19 a watch that NATS gives no sign of life begins anew", async (t) => {
  const id = randomUUID();
  const { versionsOf } = await watcher(t);
  const thaw = world.freezeNats();
  await changeAccount(auth.database, id, 1, 5);
  const begin = auth.lines.length;
  await eventually(() => {
    assert.ok(auth.lines.slice(begin).some(({ message }) => message === "disconnected from NATS"));
  }, patience);
  thaw();
  await eventually(() => assert.deepEqual([...new Set(versionsOf(id))], [1, 2, 3, 4, 5]), patience);
});
