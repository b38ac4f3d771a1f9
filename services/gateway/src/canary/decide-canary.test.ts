import fc from "fast-check";
import { randomUUID } from "node:crypto";
import { test } from "tap";
import { decideRollback, latencyBounds, minRequests, type VariantRecord } from "./decide-rollback.ts";
import { decideVariant } from "./decide-variant.ts";

test("A52 sticky by member, near its weight, growing without moving anybody back, each service by itself", async (t) => {
  const members = Array.from({ length: 20_000 }, () => randomUUID());
  const at = (weight: number, service = "matching") =>
    new Set(members.filter((id) => decideVariant(service, id, weight) === "canary"));
  t.equal(at(0).size, 0);
  t.equal(at(100).size, members.length);
  for (const weight of [1, 5, 20, 50]) {
    const share = (at(weight).size / members.length) * 100;
    // Four standard deviations.
    const bound = 4 * Math.sqrt((weight * (100 - weight)) / members.length);
    t.ok(Math.abs(share - weight) < bound, `${weight} %: ${share}`);
  }
  const few = at(5);
  const isWithin = (a: Set<string>, b: Set<string>) => [...a].every((id) => b.has(id));
  t.ok(isWithin(few, at(6)) && isWithin(at(6), at(50)));
  t.same(at(5), few);
  const atChat = at(5, "chat");
  const both = [...few].filter((id) => atChat.has(id)).length;
  t.ok(both < 100, `${both} of ${few.size} are at chat's canary too`);
});

function record(
  requests: number,
  errors: number,
  fastMs = 8,
  slow: [share: number, ms: number] = [0, 0],
): VariantRecord {
  const latencies = Array.from({ length: latencyBounds.length + 1 }, () => 0);
  const classOf = (ms: number) => {
    const found = latencyBounds.findIndex((bound) => ms <= bound);
    return found === -1 ? latencyBounds.length : found;
  };
  const slowOnes = Math.round((requests - errors) * slow[0]);
  latencies[classOf(fastMs)] = requests - errors - slowOnes;
  if (slowOnes > 0) latencies[classOf(slow[1])] = (latencies[classOf(slow[1])] ?? 0) + slowOnes;
  return { requests, errors, latencies };
}

test("A52 a canary goes when it is worse beyond chance and by enough, in errors or in latency", async (t) => {
  const stable = record(2_000, 4);
  const rows: [string, VariantRecord, VariantRecord, "errors" | "latency" | undefined][] = [
    ["alike", stable, record(200, 0), undefined],
    ["worse, but too few to say", stable, record(minRequests - 1, 40), undefined],
    ["two failures of sixty", stable, record(60, 2), "errors"],
    ["one failure of fifty", stable, record(50, 1), undefined],
    ["a tenth fails", stable, record(100, 10), "errors"],
    ["both fail alike", record(2_000, 200), record(200, 24), undefined],
    ["a hair worse, a million times", record(1e6, 1_000), record(1e6, 3_000), undefined],
    ["twice as slow, all of it", record(500, 0, 8), record(100, 0, 30), "latency"],
    ["a tail of a third", record(500, 0, 8, [0.05, 180]), record(150, 0, 8, [0.35, 180]), "latency"],
    ["the same tail", record(500, 0, 8, [0.05, 180]), record(150, 0, 8, [0.07, 180]), undefined],
    ["faster", record(500, 0, 180), record(150, 0, 8), undefined],
    ["slowest class of all", record(500, 0, 8), record(100, 0, 9_000), "latency"],
    ["nobody is left to compare with, and it fails", record(3, 0), record(200, 40), "errors"],
    ["nobody is left to compare with", record(3, 0), record(200, 4), undefined],
    ["nothing at all", record(0, 0), record(0, 0), undefined],
  ];
  for (const [name, there, here, because] of rows)
    t.equal(decideRollback(there, here)?.because, because, `${name}: ${decideRollback(there, here)?.detail}`);
});

test("A52 canaries that are like the others are left alone", async (t) => {
  const draw = (random: () => number, requests: number, failing: number): VariantRecord => {
    const latencies = Array.from({ length: latencyBounds.length + 1 }, () => 0);
    let errors = 0;
    for (let i = 0; i < requests; i += 1) {
      if (random() < failing) errors += 1;
      else {
        const index = Math.min(latencies.length - 1, Math.floor(-Math.log(1 - random()) * 3));
        latencies[index] = (latencies[index] ?? 0) + 1;
      }
    }
    return { requests, errors, latencies };
  };
  let alarms = 0;
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 50, max: 600 }),
      fc.double({ min: 0, max: 0.05, noNaN: true }),
      (seed, n, failing) => {
        let state = seed >>> 0;
        const random = () => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
          return state / 2 ** 32;
        };
        if (decideRollback(draw(random, 2_000, failing), draw(random, n, failing))) alarms += 1;
      },
    ),
    { numRuns: 2_000 },
  );
  t.ok(alarms <= 2, `${alarms} of 2,000`);
});
