import { setTimeout as delay } from "node:timers/promises";
import { test } from "tap";
import { Type } from "typebox";
import { loadConfig } from "../configuration/load-config.ts";
import { ProcessSettings } from "../configuration/settings.ts";
import { deadlineIn } from "../context/deadline.ts";
import { contextFromHeaders, type RequestContext, runWithContext } from "../context/request-context.ts";
import { NotFound } from "../errors/kit-errors.ts";
import { createParts } from "../lifecycle/parts.ts";
import { createBreaker } from "./breaker.ts";
import { retry } from "./retry.ts";

const settings = { KISMET_ENV: "test", KISMET_PORT: "0", KISMET_OPS_PORT: "0", KISMET_LOG_LEVEL: "silent" };
const parts = createParts("chat", loadConfig(Type.Object(ProcessSettings), settings));

function contextWith(ms: number): RequestContext {
  return contextFromHeaders(() => undefined, { timeoutMs: ms });
}

test("A25 a breaker opens after failures, refuses with UNAVAILABLE, and closes after one good call", async (t) => {
  let healthy = false;
  let calls = 0;
  const call = async () => {
    calls += 1;
    if (!healthy) throw new Error("down");
    return "up";
  };
  const breaker = createBreaker(parts, "t1", call, { timeoutMs: 100, resetMs: 30, minCalls: 4 });
  for (let i = 0; i < 4; i += 1) await t.rejects(breaker.fire(), { message: "down" });
  t.ok(breaker.isOpen());
  await t.rejects(breaker.fire(), { code: "UNAVAILABLE", status: 503, retryAfterSeconds: 1 });
  t.equal(calls, 4, "the callee is left alone");
  t.match(await parts.metrics.metrics(), /kismet_breaker_state\{name="t1",service="chat"\} 2/);
  healthy = true;
  const { promise: waited, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, 40);
  await waited;
  t.equal(await breaker.fire(), "up");
});

test("A25 errors that are the caller's own do not open a breaker", async (t) => {
  const refuse = async () => Promise.reject(new NotFound());
  const breaker = createBreaker(parts, "t2", refuse, { timeoutMs: 100, minCalls: 4 });
  for (let i = 0; i < 20; i += 1) await t.rejects(breaker.fire(), { code: "NOT_FOUND" });
  t.notOk(breaker.isOpen());
});

test("A09 a call that hangs ends by its own limit and counts, or by the context's deadline and does not", async (t) => {
  const hang = () => new Promise<never>(() => undefined);
  const slow = createBreaker(parts, "t3", hang, { timeoutMs: 20, minCalls: 4 });
  await Promise.all(Array.from({ length: 5 }, () => t.rejects(slow.fire(), { code: "DEADLINE_EXCEEDED" })));
  t.ok(slow.isOpen());
  const other = createBreaker(parts, "t4", hang, { timeoutMs: 10_000, minCalls: 4 });
  const impatient = () => runWithContext(contextWith(15), () => other.fire());
  await Promise.all(Array.from({ length: 5 }, () => t.rejects(impatient(), { code: "DEADLINE_EXCEEDED" })));
  t.notOk(other.isOpen(), "callers with little time can't make others lose the callee");
});

test("A25 the call that a half-open breaker lets try closes it only by an answer", async (t) => {
  let answer: () => Promise<string> = () => Promise.reject(new Error("down"));
  const breaker = createBreaker(parts, "t6", () => answer(), { timeoutMs: 5_000, resetMs: 20, minCalls: 4 });
  for (let i = 0; i < 4; i += 1) await t.rejects(breaker.fire(), { message: "down" });
  answer = () => new Promise<never>(() => undefined);
  const impatient = () => runWithContext(contextWith(15), () => breaker.fire());
  while (breaker.isOpen()) await delay(5);
  await t.rejects(impatient(), { code: "DEADLINE_EXCEEDED" });
  t.ok(breaker.isOpen(), "a caller whose time was up has not seen one");
  answer = () => Promise.reject(new NotFound());
  while (breaker.isOpen()) await delay(5);
  await t.rejects(breaker.fire(), { code: "NOT_FOUND" });
  t.notOk(breaker.isOpen(), "a refusal is one");
});

test("A25 a crowd beyond the limit of calls at once is refused, and does not open a breaker", async (t) => {
  const { promise: held, resolve: release } = Promise.withResolvers<string>();
  let calls = 0;
  const wait = () => {
    calls += 1;
    return held;
  };
  const breaker = createBreaker(parts, "t5", wait, { timeoutMs: 5_000, minCalls: 4, maxConcurrent: 2 });
  const taken = [breaker.fire(), breaker.fire()];
  for (let i = 0; i < 20; i += 1) {
    await t.rejects(breaker.fire(), { code: "UNAVAILABLE", status: 503, retryAfterSeconds: 1 });
  }
  t.equal(calls, 2, "nobody else got through");
  t.notOk(breaker.isOpen(), "that there are many says nothing against the callee");
  t.match(await parts.metrics.metrics(), /kismet_breaker_rejections_total\{name="t5",service="chat"\} 20/);
  release("done");
  t.same(await Promise.all(taken), ["done", "done"]);
  t.equal(await breaker.fire(), "done", "there is room again");
});

test("A25 retries are bounded, jittered, and stop at the deadline", async (t) => {
  let tries = 0;
  const failing = async () => {
    tries += 1;
    throw new Error("no");
  };
  const fast = { attempts: 3, baseMs: 1, maxMs: 2, random: () => 0.5 };
  await t.rejects(retry(failing, fast), { message: "no" });
  t.equal(tries, 3);
  tries = 0;
  await t.rejects(retry(failing, { ...fast, shouldRetry: () => false }));
  t.equal(tries, 1);
  tries = 0;
  const begin = performance.now();
  const patient = { attempts: 1_000, baseMs: 10, maxMs: 10, random: () => 1 };
  await t.rejects(runWithContext(contextWith(60), () => retry(failing, patient)));
  t.ok(tries > 1 && performance.now() - begin < 200);
});

test("A09 a deadline is the nearer of the caller's and the route's, and never negative", async (t) => {
  const from = (value: string) =>
    contextFromHeaders((name) => (name === "x-deadline-ms" ? value : undefined), { timeoutMs: 500 }).deadline;
  t.ok(from("100").remainingMs() <= 100);
  for (const value of ["9999", "-5", "abc", "1e3", ""]) t.ok(from(value).remainingMs() > 400, value);
  t.ok(from("0").expired());
  let now = new Date(0);
  const deadline = deadlineIn(10, { now: () => now });
  now = new Date(50);
  t.equal(deadline.remainingMs(), 0);
});
