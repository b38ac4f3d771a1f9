import { test } from "tap";
import { route } from "../../test/fixture.ts";
import {
  concurrencyBounds,
  decideLimit,
  isLoopLate,
  mayEnter,
  priorities,
  priorityOf,
} from "./decide-shedding.ts";

test("what fails worst is refused last", async (t) => {
  const rows: [string, string, Parameters<typeof route>[2], Parameters<typeof route>[3]][] = [
    ["high", "refresh", { limit: "credential", idempotent: true }, "auth"],
    ["high", "logout", { auth: "member", limit: "write" }, "auth"],
    ["high", "webhook", { auth: "webhook", limit: "webhook" }, "billing"],
    ["normal", "sign-in", { limit: "credential", idempotent: false }, "auth"],
    ["normal", "swipe", { auth: "member", limit: "write" }, "matching"],
    ["normal", "matches", { auth: "member", limit: "read" }, "matching"],
    ["low", "deck", { auth: "member", limit: "discovery" }, "matching"],
    ["low", "catalogue", { limit: "read" }, "billing"],
  ];
  for (const [priority, name, policy, service] of rows)
    t.equal(priorityOf(route("GET", "/v1/x", policy, service)), priority, name);
});

test("a late loop refuses the low first; one long turn alone is no flood", async (t) => {
  const refused = (runningMs: number, previousMs: number) =>
    priorities.filter((priority) => isLoopLate({ runningMs, previousMs }, 100, priority)).join(" ");
  t.equal(refused(50, 500), "");
  t.equal(refused(61, 500), "low");
  t.equal(refused(101, 500), "low normal");
  t.equal(refused(201, 500), "low normal high");
  t.equal(refused(150, 5), "", "a pause for garbage");
  t.equal(refused(700, 5), "low normal high", "no pause is that long");
});

test("a queue halves a limit at most, room is taken in steps, idleness changes nothing", async (t) => {
  const used = (limit: number) => ({ samples: 100, meanExcessMs: 5, peakInFlight: limit });
  t.equal(decideLimit(200, { ...used(200), meanExcessMs: 110 }, 100), 180);
  t.equal(decideLimit(200, { ...used(200), meanExcessMs: 5_000 }, 100), 100);
  t.equal(
    decideLimit(200, { ...used(200), meanExcessMs: 5_000, samples: 9 }, 100),
    200,
    "too few to judge by",
  );
  t.equal(decideLimit(200, used(200), 100), 215);
  t.equal(decideLimit(200, used(20), 100), 200);
  let [down, up] = [2_000, 32];
  for (let i = 0; i < 200; i += 1) {
    down = decideLimit(down, { ...used(down), meanExcessMs: 1_000 }, 100);
    up = decideLimit(up, used(up), 100);
  }
  t.same([down, up], [concurrencyBounds.least, concurrencyBounds.most]);
  t.same(
    priorities.map((priority) => [79, 80, 100, 125].map((n) => mayEnter(n, 100, priority))),
    [
      [true, false, false, false],
      [true, true, false, false],
      [true, true, true, false],
    ],
  );
});
