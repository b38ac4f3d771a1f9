import { test } from "tap";
import { RefusalBudget } from "./refusal-budget.ts";

const now = new Date("2026-11-24T12:00:00Z");
const later = (ms: number) => new Date(now.getTime() + ms);

test("A22 a flood of refusals leaves a few rows, which say how many there were", (t) => {
  const budget = new RefusalBudget();
  const told = Array.from({ length: 100_000 }, () => budget.take("one", now)).filter(
    (count) => count !== undefined,
  );
  t.same(told.slice(0, 13), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 40, 80]);
  t.ok(told.length < 30, `${told.length} rows`);
  t.equal(budget.take("another", now), 1, "others are told of all the same");
  t.equal(budget.take("one", later(3_599_999)), undefined);
  t.equal(budget.take("one", later(3_600_000)), 1, "and the next hour begins anew");
  t.end();
});

test("A22 nor do many members fill it", (t) => {
  const budget = new RefusalBudget();
  const told = Array.from({ length: 5_000 }, (_, i) => budget.take(`member ${i}`, now));
  t.equal(told.filter((count) => count !== undefined).length, 1_000);
  t.equal(budget.take("member 1", now), undefined);
  t.equal(budget.take("member 1", later(-3_600_000)), 1, "a clock that was set back keeps nothing closed");
  t.end();
});
