import { ValidationFailed } from "@kismet/service-kit";
import { test } from "tap";
import { decideMerge, decideReplacement } from "./decide-fields.ts";

const minimal = { firstName: "Mara", gender: "woman" } as const;

test("A20 texts are cleaned, not escaped, and a blank one is none", async (t) => {
  const fields = decideReplacement({
    ...minimal,
    firstName: "  Zoe\u0308\u202e ",
    bio: "I <3 you & me\u0000\r\nsecond line\u2066 ",
    job: "\t\n ",
    school: "a\nb",
    prompts: [{ promptId: "green_flags", answer: " ok\u0007 " }],
  });
  t.match(fields, {
    firstName: "Zo\u00eb",
    bio: "I <3 you & me\nsecond line",
    job: null,
    school: "a b",
    prompts: [{ promptId: "green_flags", answer: "ok" }],
  });
});

test("A20 what normalising leaves too long, blank or doubled is refused", async (t) => {
  // Composition excluded by Unicode: one character becomes two.
  const grows = "\u0958";
  const table: [string, () => unknown, string][] = [
    ["a bio that grows", () => decideMerge({ bio: grows.repeat(500) }), "body/bio"],
    ["a name without letters", () => decideMerge({ firstName: "\u200b 1" }), "body/firstName"],
    [
      "a name of control characters",
      () => decideReplacement({ ...minimal, firstName: "\u0001" }),
      "body/firstName",
    ],
    [
      "a blank answer",
      () => decideMerge({ prompts: [{ promptId: "green_flags", answer: " \u202d " }] }),
      "body/prompts/0/answer",
    ],
    [
      "the same prompt twice",
      () =>
        decideMerge({
          prompts: [
            { promptId: "green_flags", answer: "a" },
            { promptId: "green_flags", answer: "b" },
          ],
        }),
      "body/prompts",
    ],
  ];
  for (const [name, decide, path] of table) {
    try {
      decide();
      t.fail(name);
    } catch (error) {
      t.type(error, ValidationFailed, name);
      t.equal((error as ValidationFailed).errors?.[0]?.path, path, name);
    }
  }
});

test("a replacement empties what it leaves out, a merge keeps it", async (t) => {
  t.same(Object.keys(decideMerge({ bio: null, languages: null })).sort(), ["bio", "languages"]);
  t.same(decideMerge({ bio: null, languages: null, interests: ["chess"] }), {
    bio: null,
    languages: [],
    interests: ["chess"],
  });
  t.match(decideReplacement(minimal), { bio: null, languages: [], hidden: [], heightCm: null });
});
