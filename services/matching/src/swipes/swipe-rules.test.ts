import { test } from "tap";
import type { SwipeAnswer } from "@kismet/contracts";
import { decideLikeWindow, decideWindowEnd, spendLike } from "./decide-like-window.ts";
import { decideSwipe, type SwipeFacts, type Wish } from "./decide-swipe.ts";
import { ProfileRequired, QuotaExceeded, SwipeConflict, TargetNotFound } from "./swipes-errors.ts";

const hour = 3_600_000;

test("a window of likes ends at the next local midnight, whatever the clocks do on that day", async (t) => {
  const cases: [what: string, timeZone: string, now: string, end: string][] = [
    ["an ordinary day", "Europe/London", "2026-01-15T13:00:00Z", "2026-01-16T00:00:00Z"],
    ["just before midnight", "Europe/London", "2026-01-15T23:59:59.999Z", "2026-01-16T00:00:00Z"],
    ["midnight itself begins a day", "Europe/London", "2026-01-16T00:00:00Z", "2026-01-17T00:00:00Z"],
    ["a quarter of an hour off", "Asia/Kathmandu", "2026-03-01T18:14:59Z", "2026-03-01T18:15:00Z"],
    ["clocks go forward", "Europe/Berlin", "2026-03-29T00:30:00+01:00", "2026-03-30T00:00:00+02:00"],
    ["clocks go back", "Europe/Berlin", "2026-10-25T00:30:00+02:00", "2026-10-26T00:00:00+01:00"],
    ["the hour that comes twice", "America/New_York", "2026-11-01T06:30:00Z", "2026-11-02T05:00:00Z"],
    ["clocks change by half an hour", "Australia/Lord_Howe", "2026-04-04T20:00:00Z", "2026-04-05T13:30:00Z"],
    ["and back", "Australia/Lord_Howe", "2026-10-03T16:00:00Z", "2026-10-04T13:00:00Z"],
    ["a day that never was", "Pacific/Apia", "2011-12-29T22:00:00-10:00", "2011-12-31T00:00:00+14:00"],
    ["a day without midnight", "America/Sao_Paulo", "2018-11-03T20:00:00-03:00", "2018-11-04T01:00:00-02:00"],
    ["east of the date line", "Pacific/Kiritimati", "2026-06-01T09:59:00Z", "2026-06-01T10:00:00Z"],
  ];
  for (const [what, timeZone, now, end] of cases) {
    t.same(decideWindowEnd(null, timeZone, new Date(now)), new Date(end), what);
  }
});

test("midnights of one place follow each other at 23 hours or more, so that no day is lost", async (t) => {
  const zones = ["Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana", "Africa/Cairo"];
  for (const zone of zones) {
    let end = decideWindowEnd(null, zone, new Date("2026-01-01T12:00:00Z"));
    let days = 1;
    for (; end < new Date("2027-01-01T00:00:00Z"); days++) {
      const next = decideWindowEnd(end, zone, end);
      t.ok(next.getTime() - end.getTime() <= 25 * hour, `${zone}: the window after ${end.toISOString()}`);
      end = next;
    }
    t.ok(days >= 365, `${zone}: a window each day`);
  }
});

test("changing the time zone earns no quota", async (t) => {
  const zones = Intl.supportedValuesOf("timeZone");
  const start = new Date("2026-05-01T12:00:00Z");
  let now = start;
  let window = decideLikeWindow(null, "Europe/London", now);
  let windows = 1;
  while (now.getTime() - start.getTime() < 30 * 24 * hour) {
    for (const zone of zones.slice(0, 20)) t.equal(decideLikeWindow(window, zone, now), window);
    // As soon as a window is over, take whichever place has its midnight first.
    now = window.endsAt;
    const next = zones.map((zone) => decideLikeWindow(window, zone, now));
    window = next.reduce((a, b) => (a.endsAt <= b.endsAt ? a : b));
    windows += 1;
  }
  t.ok(windows <= Math.ceil((30 * 24) / 23) + 1, `${windows} windows in 30 days`);
});

test("likes are spent down to none, and the refusal says when there are more", async (t) => {
  const now = new Date("2026-05-01T12:00:00Z");
  let window = decideLikeWindow(null, "Europe/London", now);
  for (let i = 0; i < 3; i++) window = spendLike(window, 3, now);
  const refused = t.throws(() => spendLike(window, 3, now), QuotaExceeded);
  t.match(refused, { status: 429, retryAfterSeconds: 11 * 3600 });
  t.equal(spendLike(window, null, now), window, "without a limit nothing is counted");
  const tomorrow = decideLikeWindow(window, "Europe/London", new Date("2026-05-02T06:00:00Z"));
  t.equal(spendLike(tomorrow, 3, now).likesUsed, 1);
});

test("what a swipe comes to follows from the facts", async (t) => {
  const now = new Date("2026-05-01T12:00:00Z");
  const answer: SwipeAnswer = {
    matched: false,
    remaining: { likes: 7, superlikes: 0, resetsAt: "2026-05-01T23:00:00.000Z" },
  };
  const facts: SwipeFacts = {
    isPlaced: true,
    timeZone: "Europe/London",
    isTargetVisible: true,
    isBlocked: false,
    mine: null,
    theirs: null,
    window: null,
    entitled: null,
  };
  const like: Wish = { targetId: "b", action: "like", note: null };
  const decide = (changed: Partial<SwipeFacts>, wish = like) =>
    decideSwipe({ ...facts, ...changed }, wish, 3, now);
  const paid = { unlimitedLikes: true, seeLikes: false, superlikes: 4, validUntil: null };

  t.match(decide({}), {
    kind: "new",
    isMatch: false,
    isCounted: true,
    remaining: { likes: 2, superlikes: 0 },
  });
  t.match(decide({ theirs: "pass" }), { isMatch: false });
  t.match(decide({ theirs: "like" }), { isMatch: true });
  t.match(decide({ theirs: "superlike" }), { isMatch: true });
  t.match(decide({ theirs: "like" }, { ...like, action: "pass" }), { isMatch: false, isCounted: false });
  t.match(decide({ theirs: "like" }, { ...like, action: "superlike" }), { isMatch: true, isCounted: false });
  t.match(decide({ entitled: paid }), { isCounted: false, remaining: { likes: null, superlikes: 4 } });
  t.match(
    decide({ entitled: { ...paid, validUntil: now } }),
    { isCounted: true, remaining: { likes: 2, superlikes: 4 } },
    "the paid period is over, the super likes are still there",
  );

  const mine = { action: "like", note: null, answer } as const;
  t.same(decide({ mine, isTargetVisible: false, isBlocked: true }), { kind: "repeated", answer });
  t.throws(() => decide({ mine: { ...mine, action: "pass" } }), SwipeConflict);
  t.throws(() => decide({ mine: { ...mine, action: "superlike", note: "hi" } }), SwipeConflict);
  t.throws(() => decide({ isPlaced: false }), ProfileRequired);
  t.throws(() => decide({ isTargetVisible: false }), TargetNotFound);
  t.throws(() => decide({ isBlocked: true }), TargetNotFound);
});
