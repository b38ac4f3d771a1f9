import assert from "node:assert/strict";
import { NotFound, PublicError } from "@kismet/service-kit";
import { eventually } from "@kismet/testing";
import t from "tap";
import { failureOf, metricOf, within } from "./world/asking.ts";
import { Greet, Recite } from "./world/questions.ts";
import { type Instance, World } from "./world/world.ts";

/** Calls within ten seconds below which a breaker never opens, and how long it stays open. */
const minCalls = 10;
const openMs = 1_000;
const closed = 0;
const open = 2;

const world = await World.start(t, { withPostgres: false });
type Answer = () => Promise<{ greeting: string }>;
const kindly: Answer = async () => ({ greeting: "Hello" });
const failing: Answer = () => Promise.reject(new Error("out of order"));
const never: Answer = () => new Promise<never>(() => undefined);

/** A question of its own for each test, since each has a breaker of its own. */
let count = 0;
async function question(t: Parameters<World["peer"]>[0], first: Answer) {
  count += 1;
  const contract = { ...Greet, subject: `auth.v1.question${count}.ask` } as const;
  const state = { answer: first, calls: 0, contract };
  const answerer = await world.peer(t, "auth", (bus) => {
    bus.serve(contract, () => {
      state.calls += 1;
      return state.answer();
    });
    bus.serve({ ...contract, subject: `${contract.subject}-other` }, kindly);
  });
  const asker = await world.peer(t, "matching");
  const ask = () => asker.bus.request(contract, { name: "Ann" });
  const other = () =>
    asker.bus.request({ ...contract, subject: `${contract.subject}-other` }, { name: "Ann" });
  const label = { name: `request ${contract.subject}` };
  return {
    state,
    answerer,
    asker,
    ask,
    other,
    breaker: () => metricOf(asker.parts, "kismet_breaker_state", label),
    refusals: () => metricOf(asker.parts, "kismet_breaker_rejections_total", label),
  };
}

async function failTimes(times: number, ask: () => Promise<unknown>): Promise<string[]> {
  const codes: string[] = [];
  for (let n = 0; n < times; n += 1) codes.push((await failureOf(ask)).code);
  return codes;
}

const opened = ({ lines }: Instance) =>
  lines.filter(({ message }) => message.startsWith("breaker")).map(({ message }) => message);

await t.test(
  "A25 opens after failures, spares the answerer, and closes when one try goes well",
  async (t) => {
    const { state, asker, ask, other, breaker, refusals } = await question(t, failing);
    await failTimes(minCalls - 1, ask);
    t.equal(await breaker(), closed, "few calls say nothing");
    await failTimes(1, ask);
    t.equal(await breaker(), open);

    const { error, afterMs } = await failureOf(ask);
    t.match(error, { code: "UNAVAILABLE", status: 503, retryAfterSeconds: 1 });
    t.ok(afterMs < 100, "at once");
    t.equal(state.calls, minCalls, "the answerer is left alone");
    t.equal(await refusals(), 1);
    t.strictSame(await other(), { greeting: "Hello" }, "its other subjects are asked as before");

    const failedAgain = await eventually(
      async () => {
        const { code } = await failureOf(ask);
        if (code !== "INTERNAL") throw new Error(`still refused with ${code}`);
        return code;
      },
      { timeoutMs: openMs + 1_000 },
    );
    t.equal(failedAgain, "INTERNAL", "one call tries");
    t.equal(state.calls, minCalls + 1);
    t.equal(await breaker(), open, "and failed, so that it is open again");
    t.equal((await failureOf(ask)).code, "UNAVAILABLE");
    t.equal(state.calls, minCalls + 1);

    state.answer = kindly;
    t.strictSame(await eventually(ask, { timeoutMs: openMs + 1_000 }), { greeting: "Hello" });
    t.equal(await breaker(), closed, "one that goes well closes it");
    await Promise.all(Array.from({ length: 20 }, ask));
    t.equal(state.calls, minCalls + 2 + 20);
    t.strictSame(opened(asker), [
      "breaker opened",
      "breaker lets one call try",
      "breaker opened",
      "breaker lets one call try",
      "breaker closed",
    ]);
  },
);

await t.test(
  "A25 what it refuses does not count: however often one asks, it lets one try in time",
  async (t) => {
    const { state, ask, breaker, refusals } = await question(t, failing);
    await failTimes(minCalls, ask);
    state.answer = kindly;
    const begin = performance.now();
    // Every 10 ms, so that about a hundred are refused.
    await eventually(ask, { timeoutMs: openMs + 2_000, everyMs: 10 });
    const tookMs = performance.now() - begin;
    t.ok(tookMs < openMs + 500, `${Math.round(tookMs)} ms`);
    t.ok((await refusals()) > 20, `${await refusals()} refused`);
    t.equal(await breaker(), closed);
    state.answer = failing;
    t.equal((await failureOf(ask)).code, "INTERNAL");
    t.equal(await breaker(), closed, "a failure after a hundred refusals is one failure");
  },
);

await t.test("A25 askers in a hurry take it from nobody else", async (t) => {
  const { state, ask, breaker } = await question(t, never);
  const hurried = await Promise.all(
    Array.from({ length: 2 * minCalls }, () => failureOf(() => within(60, ask))),
  );
  t.ok(hurried.every(({ code }) => code === "DEADLINE_EXCEEDED"));
  t.ok(
    hurried.every(({ afterMs }) => afterMs < 500),
    "in time",
  );
  t.equal(await breaker(), closed);
  state.answer = kindly;
  t.strictSame(await ask(), { greeting: "Hello" });
});

await t.test("A25 a silent answerer opens it for those who gave it time", async (t) => {
  const { ask, breaker } = await question(t, never);
  const patient = await Promise.all(Array.from({ length: minCalls }, () => failureOf(ask)));
  t.ok(patient.every(({ code }) => code === "DEADLINE_EXCEEDED"));
  t.equal(await breaker(), open);
});

await t.test("A25 what askers could have prevented says nothing against the answerer", async (t) => {
  const { state, ask, breaker } = await question(t, () => Promise.reject(new NotFound()));
  t.strictSame(new Set(await failTimes(2 * minCalls, ask)), new Set(["NOT_FOUND"]));
  state.answer = () => Promise.reject(new PublicError("GREETING_REFUSED", 409, "Not today."));
  await failTimes(minCalls, ask);
  t.equal(await breaker(), closed);
});

await t.test(
  "A25 a question too large to be sent is the asker's fault, and nobody else's trouble",
  async (t) => {
    await world.peer(t, "auth", (bus) => bus.serve(Recite, kindly));
    const { bus, parts } = await world.peer(t, "matching");
    const text = "x".repeat(2_000_000);
    for (let n = 0; n < minCalls; n += 1) {
      const error = await bus.request(Recite, { text }).catch((thrown: unknown) => thrown);
      t.match(error, { message: /max_payload size exceeded/ });
      t.notOk(error instanceof PublicError, "no fault that asking later would mend");
    }
    t.equal(await metricOf(parts, "kismet_breaker_state"), closed);
    t.strictSame(await bus.request(Recite, { text: "short" }), { greeting: "Hello" });
  },
);

await t.test("A19 A25 an answerer that was away is found again, unaided", async (t) => {
  const { state, answerer, asker, ask, breaker } = await question(t, kindly);
  await ask();
  await answerer.stop();
  await eventually(
    async () => {
      await failureOf(ask);
      assert.equal(await breaker(), open);
    },
    { timeoutMs: 5_000 },
  );
  await world.peer(t, "auth", (bus) => bus.serve(state.contract, kindly));
  const back = () => asker.bus.request(state.contract, { name: "Ann" });
  t.strictSame(await eventually(back, { timeoutMs: openMs + 1_000 }), { greeting: "Hello" });
});
