import t from "tap";
import { Lanes } from "./lanes.ts";

const filled = (text: string) => {
  const lanes = new Lanes<string>();
  for (const item of text.split(" ")) lanes.add(item.slice(0, 1), item);
  return lanes;
};
const take = (lanes: Lanes<string>, max = 10) => lanes.take(max).map(({ items }) => items.join(" "));

await t.test("a lane is taken in order, and not again before it is settled", async (t) => {
  const lanes = filled("a1 b1 a2");
  t.strictSame(take(lanes), ["a1 a2", "b1"]);
  lanes.add("a", "a3");
  t.strictSame(take(lanes), []);
  lanes.settle("b", 1);
  t.strictSame(take(lanes), [], "another's end is not its own");
  lanes.settle("a", 2);
  t.strictSame(take(lanes), ["a3"]);
});

await t.test("no more is taken than was asked for, and nothing of a lane overtakes", async (t) => {
  const lanes = filled("a1 a2 a3 b1 c1");
  t.strictSame(take(lanes, 2), ["a1 a2"]);
  t.strictSame(take(lanes, 2), ["b1", "c1"]);
  lanes.settle("a", 2);
  t.strictSame(take(lanes, 2), ["a3"]);
});

await t.test("what was taken and not settled comes again, first", async (t) => {
  const lanes = filled("a1 a2 a3");
  t.strictSame(take(lanes, 2), ["a1 a2"]);
  lanes.settle("a", 1);
  t.strictSame(take(lanes), ["a2 a3"]);
});

await t.test("a lane that rests keeps its place and nobody else's time", async (t) => {
  const lanes = filled("a1 a2 b1");
  take(lanes, 1);
  lanes.settle("a", 0, { rest: true });
  lanes.add("a", "a3");
  t.strictSame(take(lanes), ["b1"]);
  lanes.resume("a");
  t.strictSame(take(lanes), ["a1 a2 a3"]);
});

await t.test("the longest ready goes first", async (t) => {
  const lanes = filled("a1 a2 b1 c1");
  take(lanes, 1);
  lanes.settle("a", 1);
  t.strictSame(take(lanes, 2), ["b1", "c1"]);
  t.strictSame(take(lanes, 2), ["a2"]);
});

await t.test("size and items are of all that is not settled", async (t) => {
  const lanes = filled("a1 a2 b1");
  take(lanes);
  t.equal(lanes.size, 3);
  lanes.settle("a", 1);
  t.equal(lanes.size, 2);
  t.strictSame([...lanes.items()].sort(), ["a2", "b1"]);
  take(lanes);
  lanes.settle("a", 1);
  lanes.settle("b", 1);
  t.equal(lanes.size, 0);
  lanes.settle("gone", 1);
  lanes.resume("gone");
  t.strictSame(take(lanes), []);
});
