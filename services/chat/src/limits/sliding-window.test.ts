import { test } from "tap";
import { SlidingWindow } from "./sliding-window.ts";

test("a window lets through so many in any minute, and says when the next one may come", async (t) => {
  const window = new SlidingWindow(3, 60_000, 100);
  for (const now of [0, 10_000, 20_000]) t.equal(window.take("a", now), 0);
  t.equal(window.take("a", 20_001), 39_999);
  t.equal(window.take("b", 20_001), 0, "another member has its own");
  t.equal(window.take("a", 59_999), 1, "a refused one does not count");
  t.equal(window.take("a", 60_000), 0);
  t.equal(window.take("a", 60_001), 9_999);
});

test("a window remembers a bounded number of members, the latest ones", async (t) => {
  const window = new SlidingWindow(1, 60_000, 2);
  window.take("a", 1);
  window.take("b", 2);
  window.take("a", 3);
  window.take("c", 4);
  t.ok(window.take("a", 5) > 0, "a was heard of after b");
  t.equal(window.take("b", 6), 0);
});
