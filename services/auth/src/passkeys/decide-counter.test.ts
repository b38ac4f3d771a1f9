import { test } from "tap";
import { decideCounter } from "./decide-counter.ts";

test("a counter goes on, or was never kept", async (t) => {
  const table: [number, number, string][] = [
    [0, 0, "ok"],
    [0, 1, "ok"],
    [7, 8, "ok"],
    [7, 4_294_967_295, "ok"],
    [7, 7, "regressed"],
    [7, 6, "regressed"],
    [7, 0, "regressed"],
  ];
  for (const [stored, presented, decision] of table)
    t.equal(decideCounter(stored, presented), decision, `${stored} then ${presented}`);
});
