import { test } from "tap";
import { type Carried, decideCarrying } from "./decide-carrying.ts";
import type { Letter } from "./letter.ts";

const createdAt = new Date("2026-11-24T12:00:00Z");
const [minuteMs, dayMs] = [60_000, 86_400_000];
const later = (ms: number) => new Date(createdAt.getTime() + ms);
const mail = { to: "", language: "", subject: "", text: "", html: "" };
const after = (letter: Letter | undefined, ms: number, carried: Partial<Carried> = {}) =>
  decideCarrying(letter, { createdAt, attempts: 1, ...carried }, later(ms));

test("a letter is tried as long as what is in it is good", (t) => {
  const table: [what: string, letter: Letter | undefined, lifeMs: number][] = [
    ["a code", { kind: "challenge-code", challengeId: "" }, 15 * minuteMs],
    ["what is told", { kind: "mail", mail }, 3 * dayMs],
    ["an undo", { kind: "mail", mail: { ...mail, goodFor: 172_800 } }, 2 * dayMs],
    [
      "a deletion",
      { kind: "mail", mail: { ...mail, goodUntil: later(14 * dayMs).toISOString() } },
      14 * dayMs,
    ],
    ["what can't be read", undefined, 3 * dayMs],
  ];
  for (const [what, letter, lifeMs] of table) {
    t.not(after(letter, lifeMs), "give up", what);
    t.equal(after(letter, lifeMs + 1), "give up", what);
  }
  t.end();
});

test("the waits grow, for who waits to half a minute, and later to ten", (t) => {
  const told: Letter = { kind: "mail", mail };
  const waits = [1, 2, 3, 20].map((attempts) => after(told, minuteMs, { attempts }));
  t.same(waits, [{ withinMs: 1_000 }, { withinMs: 2_000 }, { withinMs: 4_000 }, { withinMs: 30_000 }]);
  t.same(after(told, 16 * minuteMs, { attempts: 20 }), { withinMs: 600_000 });
  t.end();
});
