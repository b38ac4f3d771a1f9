import { test } from "tap";
import { lengthOf, normaliseText } from "./normalise-text.ts";

test("A20 text is stored in NFC, without control and direction characters, and otherwise as it was written", async (t) => {
  const cases: [written: string, stored: string][] = [
    ["e\u0301", "\u00e9"],
    ["a\u0000b\u001b[31mc\u009f", "ab[31mc"],
    ["gnp.\u202eexe", "gnp.exe"],
    ["\u2066a\u2069\ufeff", "a"],
    ["  I <3 you & me, a<b and c>d  ", "I <3 you & me, a<b and c>d"],
    ["\ud83d", "\ufffd"],
    ["👨‍👩‍👧‍👦 שלום\u200f!", "👨‍👩‍👧‍👦 שלום\u200f!"],
    ["one\r\ntwo\tthree", "one two three"],
    ["\u200b\u3164 \u2800\u00ad\ufe0f", ""],
    ["\u200ba", "\u200ba"],
  ];
  for (const [written, stored] of cases) t.equal(normaliseText(written), stored);
  t.equal(normaliseText("one\r\ntwo\u2028three", { multiline: true }), "one\ntwo\nthree");
  for (const [written] of cases) t.equal(normaliseText(normaliseText(written)), normaliseText(written));
  t.equal(lengthOf("😀é"), 2);
});
