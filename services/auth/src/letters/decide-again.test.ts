import { test } from "tap";
import { decideAgain } from "./decide-again.ts";

test("a letter that is carried again gets its code at any time, another one after the interval", (t) => {
  const now = new Date("2026-11-24T12:00:00Z");
  const ago = (ms: number) => new Date(now.getTime() - ms);
  const decide = (madeAt: Date | null, letterId: string | null) =>
    decideAgain({ madeAt, letterId }, { id: "this", now, intervalMs: 30_000 });
  t.equal(decide(null, null), "new");
  t.equal(decide(ago(29_999), null), "too soon");
  t.equal(decide(ago(29_999), "another"), "too soon");
  t.equal(decide(ago(30_000), "another"), "new");
  for (const madeAt of [ago(0), ago(29_999), ago(600_000)]) t.equal(decide(madeAt, "this"), "again");
  t.end();
});
