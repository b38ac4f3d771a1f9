import { test } from "tap";
import { faultOfUse } from "./decide-use.ts";

test("a command gets its words and options: none missing, none too many, none that it does not know", (t) => {
  const suspend = "<member> <reason> --until <time> [--statement <text>]";
  const revoke = "<member> [session]";
  const table: [args: string, words: string[], options: string[], fault: RegExp | undefined][] = [
    ["", [], [], undefined],
    ["", ["x"], [], /"x" is one word too many/],
    [suspend, ["ann", "spam"], ["until"], undefined],
    [suspend, ["ann", "spam"], ["until", "statement", "reason", "as", "yes", "json"], undefined],
    [suspend, ["ann"], ["until"], /<reason> is missing/],
    [suspend, [], [], /<member> is missing/],
    [suspend, ["ann", "spam"], [], /--until is missing/],
    [suspend, ["ann", "spam", "2026"], ["until"], /"2026" is one word too many/],
    ["<member> <reason> [--statement <text>]", ["ann", "spam"], ["until"], /--until does not belong here/],
    [revoke, ["ann"], [], undefined],
    [revoke, ["ann", "s"], [], undefined],
    [revoke, ["ann", "s", "t"], [], /"t" is one/],
    ["<member> --reason <text>", ["ann"], [], /--reason is missing/],
    ["[--head <head>]", [], ["head"], undefined],
  ];
  for (const [args, words, options, fault] of table) {
    const found = faultOfUse(args, words, options);
    if (fault) t.match(found, fault, `${args}: ${words.join(" ")} ${options.join(" ")}`);
    else t.equal(found, undefined, `${args}: ${words.join(" ")} ${options.join(" ")}`);
  }
  t.end();
});
