import { test } from "tap";
import { timeZoneOf } from "../location/time-zone.ts";
import { decideCompleteness } from "./decide-completeness.ts";
import { decideDefaultPreferences } from "./decide-default-preferences.ts";
import { decideReplacement } from "./decide-fields.ts";

test("default preferences are around the own age and within what a preference may be", async (t) => {
  t.match(decideDefaultPreferences(18), { minAge: 18, maxAge: 28 });
  t.match(decideDefaultPreferences(40), { minAge: 30, maxAge: 50, maxDistanceKm: 50 });
  t.match(decideDefaultPreferences(120), { minAge: 100, maxAge: 100 });
});

test("completeness counts what is stated, hidden or not", async (t) => {
  const base = { firstName: "Mara", gender: "woman" } as const;
  t.equal(decideCompleteness(decideReplacement(base)), 0);
  t.equal(decideCompleteness(decideReplacement({ ...base, interests: [], hidden: ["bio"] })), 0);
  const full = decideReplacement({
    ...base,
    bio: "b",
    interests: ["art"],
    relationshipGoal: "friends",
    job: "j",
    school: "s",
    heightCm: 170,
    orientation: "queer",
    prompts: [{ promptId: "green_flags", answer: "a" }],
    children: "want",
    smoking: "never",
    drinking: "often",
    religion: "other",
    languages: ["de"],
    hidden: ["religion"],
  });
  t.equal(decideCompleteness(full), 100);
  t.equal(decideCompleteness({ ...full, bio: null }), 92);
});

test("time zones are those of the IANA database, by one spelling each", async (t) => {
  t.equal(timeZoneOf("europe/berlin"), "Europe/Berlin");
  t.equal(timeZoneOf("UTC"), "UTC");
  for (const name of ["Mars/Olympus", "+01", "+0100", "-08", "Europe", "Europe/Berlin/", "_"]) {
    t.throws(() => timeZoneOf(name), { code: "VALIDATION_FAILED" }, name);
  }
});
