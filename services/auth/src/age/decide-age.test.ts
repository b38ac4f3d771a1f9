import type { AgeCheckMethod, AgeState } from "@kismet/contracts";
import fc from "fast-check";
import { test } from "tap";
import {
  type AgeFacts,
  decideAge,
  decideMethods,
  declared,
  isAsStrict,
  isOutstanding,
} from "./decide-age.ts";
import { decideOutcome } from "./decide-outcome.ts";
import { jurisdictions, ruleOf } from "./jurisdictions.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 10, 24, 12, minute));
const known = (state: AgeState, method: AgeCheckMethod | null): AgeFacts => ({
  state,
  method,
  decidedAt: at(10),
});

/** From each state by each verdict; `-` is no change. Written down again, apart from the code. */
const verdicts = ["estimation passed", "estimation refused", "document passed", "document refused"];
const table: [AgeFacts, string][] = [
  [declared, "estimated refused verified refused"],
  [known("estimated", "estimation"), "estimated refused verified refused"],
  [known("verified", "document"), "- - verified refused"],
  [known("refused", "estimation"), "- - verified refused"],
  [known("refused", "document"), "- - - -"],
  [known("expired", "estimation"), "estimated refused verified refused"],
  [known("expired", "document"), "estimated refused verified refused"],
];

test("what each verdict makes of each state: a refusal gives way to a stronger proof only", async (t) => {
  for (const [facts, row] of table)
    for (const [index, expected] of row.split(" ").entries()) {
      const [method, outcome] = (verdicts[index] ?? "").split(" ") as [AgeCheckMethod, "passed" | "refused"];
      const decision = decideAge(facts, { method, outcome, decidedAt: at(20) });
      const state = typeof decision === "string" ? "-" : decision.state;
      t.equal(state, expected, `${facts.state} by ${facts.method ?? "word"}, ${method} ${outcome}`);
      if (facts.decidedAt)
        for (const decidedAt of [at(9), at(10)])
          t.equal(decideAge(facts, { method, outcome, decidedAt }), "late", "the same moment, or before");
    }
});

type Step =
  | { kind: "verdict"; method: AgeCheckMethod; outcome: "passed" | "refused"; minute: number }
  | { kind: "expire" };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("verdict" as const),
        method: fc.constantFrom<AgeCheckMethod>("estimation", "document"),
        outcome: fc.constantFrom<"passed" | "refused">("passed", "refused"),
        minute: fc.integer({ min: 0, max: 40 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: "expire" }) },
  ),
  { maxLength: 30 },
);

/** Told as one would tell it: the newest verdict wins, but for a closed door and a document against a face. */
class Model {
  answer = "declared";
  by = "";
  newest = -1;
  closed = false;

  hear({ method, outcome, minute }: Extract<Step, { kind: "verdict" }>): void {
    if (minute <= this.newest) return;
    const faceAgainstPaper = this.answer === "verified" && method === "estimation";
    const opensDoor = method === "document" && this.by === "estimation";
    if (faceAgainstPaper || (this.closed && !opensDoor)) return;
    this.newest = minute;
    this.by = method;
    this.closed = outcome === "refused";
    this.answer = this.closed ? "refused" : method === "document" ? "verified" : "estimated";
  }

  pass(): void {
    if (this.answer === "estimated" || this.answer === "verified") this.answer = "expired";
  }
}

test("however verdicts come, late, twice or in disorder, the state is what the model says", async () => {
  fc.assert(
    fc.property(steps, (all) => {
      const model = new Model();
      let facts = declared;
      for (const step of all) {
        if (step.kind === "expire") {
          model.pass();
          if (facts.state === "estimated" || facts.state === "verified")
            facts = { ...facts, state: "expired" };
        } else {
          model.hear(step);
          const decided = decideAge(facts, { ...step, decidedAt: at(step.minute) });
          if (typeof decided !== "string") {
            if (facts.decidedAt && decided.decidedAt && decided.decidedAt <= facts.decidedAt) return false;
            facts = decided;
          }
          // Again: it must change nothing.
          if (decideAge(facts, { ...step, decidedAt: at(step.minute) }) === facts) return false;
        }
        if (facts.state !== model.answer) return false;
      }
      return true;
    }),
    { numRuns: 2_000 },
  );
});

test("an estimate counts only far enough from the limit; a document to the year", async (t) => {
  const rule = { minimumAge: 18, margin: 7 };
  const years = {
    10: "refused",
    11: "near_limit",
    18: "near_limit",
    24: "near_limit",
    25: "passed",
    60: "passed",
  };
  for (const [text, expected] of Object.entries(years))
    t.equal(
      decideOutcome({ found: "estimate", years: Number(text) }, { ...rule, method: "estimation" }),
      expected,
      text,
    );
  const document = { ...rule, method: "document" } as const;
  t.equal(decideOutcome({ found: "document", years: 17 }, document), "refused");
  t.equal(decideOutcome({ found: "document", years: 18 }, document), "passed");
  t.equal(decideOutcome({ found: "estimate", years: 60 }, document), undefined, "a face is no document");
  t.equal(decideOutcome({ found: "document", years: 60 }, { ...rule, method: "estimation" }), undefined);
  t.equal(decideOutcome({ found: "too_young" }, document), "refused");
  t.equal(decideOutcome({ found: "inconclusive" }, document), "inconclusive");
  t.equal(decideOutcome({ found: "failed" }, document), "failed");
});

test("what is missing, by what is known and by what is required", async (t) => {
  const now = at(30);
  const rule = { requires: "estimated", minimumAge: 19 } as const;
  const proof = { state: "estimated", provenAge: 19, expiresAt: null } as const;
  t.equal(isOutstanding(proof, rule, now), false);
  t.equal(isOutstanding({ ...proof, state: "verified" }, rule, now), false);
  t.equal(isOutstanding(proof, { ...rule, requires: "verified" }, now), true);
  t.equal(
    isOutstanding({ ...proof, provenAge: 18 }, rule, now),
    true,
    "it was another limit that was asked about",
  );
  t.equal(isOutstanding({ ...proof, expiresAt: now }, rule, now), true);
  t.equal(isOutstanding({ ...proof, state: "expired" }, rule, now), true);
  const nothing = { state: "declared", provenAge: null, expiresAt: null } as const;
  t.equal(isOutstanding(nothing, rule, now), true);
  t.equal(isOutstanding(nothing, { ...rule, requires: "declared" }, now), false);
  t.equal(isOutstanding({ ...nothing, state: "refused" }, { ...rule, requires: "declared" }, now), true);
});

test("by what an age can be proven", async (t) => {
  const open = { requires: "estimated", nearLimit: false } as const;
  t.same(decideMethods(declared, open), ["estimation", "document"]);
  t.same(decideMethods(declared, { ...open, nearLimit: true }), ["document"]);
  t.same(decideMethods(declared, { ...open, requires: "verified" }), ["document"]);
  t.same(decideMethods(known("refused", "estimation"), open), ["document"]);
  t.same(decideMethods(known("refused", "document"), open), [], "by people only");
});

test("a part of a country without a rule follows the country, a country without one the default", async (t) => {
  t.equal(ruleOf("US-TX").requires, "verified");
  t.match(ruleOf("US-NY"), { requires: "declared", minimumAge: 18 });
  t.equal(ruleOf("GB-SCT"), ruleOf("GB"));
  t.equal(ruleOf("KR").minimumAge, 19);
  t.equal(ruleOf("ZZ"), ruleOf(null));
  for (const [name, rule] of Object.entries(jurisdictions)) {
    t.ok(rule.minimumAge >= 18 && rule.estimateMargin >= 3 && rule.source.length > 10, name);
    t.equal(isAsStrict(rule, ruleOf(null)), true, `${name} asks for no less than the default`);
  }
  t.equal(isAsStrict(ruleOf("IT"), ruleOf("KR")), false, "one year fewer");
  t.equal(isAsStrict(ruleOf("GB"), ruleOf("IT")), false);
});
