import { test } from "tap";
import {
  decideGuess,
  forgiveGuess,
  open,
  type GrowingDelay,
  type GuessCounter,
  type SteadyRate,
} from "./decide-guess.ts";

const rule: GrowingDelay = { kind: "growing", free: 3, firstMs: 1_000, maxMs: 8_000, forgetMs: 60_000 };
const start = new Date("2026-11-24T12:00:00Z");
const fresh: GuessCounter = { failures: 0, failedAt: start, closedUntil: start };
const later = (date: Date, ms: number) => new Date(date.getTime() + ms);

function counted(counter: GuessCounter, now: Date): GuessCounter {
  const decision = decideGuess(counter, rule, now);
  if ("waitMs" in decision) throw new Error(`refused for ${decision.waitMs} ms`);
  return decision.next;
}

test("a few wrong ones are free, then each wait is twice the one before, up to a bound", (t) => {
  let [counter, now] = [fresh, start];
  const waits: number[] = [];
  for (let guess = 0; guess < 9; guess += 1) {
    counter = counted(counter, now);
    const waitMs = Math.max(0, counter.closedUntil.getTime() - now.getTime());
    waits.push(waitMs);
    if (waitMs > 0) t.match(decideGuess(counter, rule, later(now, waitMs - 1)), { waitMs: 1 });
    now = later(now, waitMs);
  }
  t.same(waits, [0, 0, 0, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  t.end();
});

test("wrong ones are forgotten one by one, and a clock that is set back locks nobody out", (t) => {
  let counter = fresh;
  for (let guess = 0; guess < 4; guess += 1) counter = counted(counter, later(start, guess));
  t.equal(counted(counter, later(start, 3 + 2 * 60_000)).failures, 3, "two of four");
  t.equal(counted(counter, later(start, 86_400_000)).failures, 1);
  t.equal(counted(counter, later(start, -86_400_000)).failures, 5, "goes on counting");
  t.end();
});

test("who was right is forgiven: of the account all, of the address the one", (t) => {
  const counter = { failures: 7, failedAt: start, closedUntil: later(start, 8_000) };
  t.match(forgiveGuess(counter, rule, start, true), { failures: 0, closedUntil: open });
  t.match(forgiveGuess(counter, rule, start, false), { failures: 6, closedUntil: open });
  t.end();
});

test("wrong ones of everybody come at a steady rate, with a burst", (t) => {
  const steady: SteadyRate = { kind: "steady", perMinute: 60, burst: 2 };
  let counter = fresh;
  const guess = (now: Date) => {
    const decision = decideGuess(counter, steady, now);
    if ("next" in decision) counter = decision.next;
    return "waitMs" in decision ? decision.waitMs : 0;
  };
  t.same([guess(start), guess(start), guess(start), guess(start)], [0, 0, 0, 1_000]);
  t.equal(guess(later(start, 1_000)), 0, "one a second");
  t.equal(guess(later(start, 1_000)), 1_000);
  counter = forgiveGuess(counter, steady, later(start, 1_000), false);
  t.equal(guess(later(start, 1_000)), 0, "one that was right takes nobody's place");
  t.equal(guess(later(start, 3_600_000)), 0);
  t.equal(guess(start), 0, "a clock that is set back closes the door for nobody");
  t.end();
});
