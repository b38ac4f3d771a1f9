import { test } from "tap";
import { decideMove, type Moves } from "./decide-move.ts";
import { LocationTooFrequent } from "./location-errors.ts";

const rules = { locationChangesPerDay: 3, farMoveKm: 100, farMoveIntervalMs: 3_600_000 };
const start = new Date("2026-11-24T12:00:00Z");
const after = (minutes: number) => new Date(start.getTime() + minutes * 60_000);
const none: Moves = { moves: 0, movesResetAt: null, farMovedAt: null };

function refusal(decide: () => Moves): number | undefined {
  try {
    decide();
    return undefined;
  } catch (error) {
    if (!(error instanceof LocationTooFrequent)) throw error;
    return error.retryAfterSeconds;
  }
}

test("a day has so many moves, and begins with the first", async (t) => {
  let moves = none;
  for (const minutes of [0, 1, 2]) moves = decideMove(moves, 5, rules, after(minutes));
  t.equal(
    refusal(() => decideMove(moves, 5, rules, after(60))),
    23 * 3_600,
  );
  t.equal(
    refusal(() => decideMove(moves, 5, rules, new Date(after(1_440).getTime() - 1))),
    1,
  );
  t.same(decideMove(moves, 5, rules, after(1_440)), {
    moves: 1,
    movesResetAt: after(2_880),
    farMovedAt: null,
  });
});

test("far moves keep a distance in time from each other, near ones need not", async (t) => {
  const there = decideMove(none, 500, rules, start);
  t.same(there.farMovedAt, start);
  t.equal(
    refusal(() => decideMove(there, 500, rules, after(59))),
    60,
  );
  t.equal(decideMove(there, 99, rules, after(1)).moves, 2);
  t.same(decideMove(there, 500, rules, after(60)).farMovedAt, after(60));
});
