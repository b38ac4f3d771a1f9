import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import t from "tap";
import { coupleAt } from "./load/couples.ts";
import { median, number, ratioOf } from "./report/numbers.ts";
import { table } from "./report/table.ts";

const run = promisify(execFile);
const main = fileURLToPath(new URL("./bench-main.ts", import.meta.url));

t.setTimeout(180_000);

await t.test("a couple meets once, and neighbours have nobody in common", async (t) => {
  const members = Array.from({ length: 20 }, (_, i) => i);
  const couples = Array.from({ length: 100 }, (_, i) => coupleAt(members, i));
  t.equal(new Set(couples.map((couple) => couple.join())).size, couples.length);
  t.equal(new Set(couples.slice(30, 40).flat()).size, 20);
});

await t.test("a ratio is the median of the rounds' own ratios", async (t) => {
  const round = (p50: number) => ({ p50 }) as Parameters<typeof ratioOf>[0][number];
  const found = ratioOf([10, 30, 90].map(round), [10, 10, 10].map(round), (result) => result.p50);
  t.same(found, { median: 3, low: 1, high: 9 });
  t.equal(median([4, 1, 3, 2]), 2.5);
  t.equal(number(Infinity), "-", "what can't be told is not told");
});

await t.test("tables are as prettier leaves them", async (t) => {
  t.equal(table(["", "n"], [["ab", "1"]]), "|     |   n |\n| --- | --: |\n| ab  |   1 |");
});

await t.test("a quick run compares all three", async (t) => {
  const { stdout } = await run(process.execPath, [main, "--quick"]);
  for (const title of ["Gateway", "Memory", "Swipes", "Messages", "Reading"])
    t.match(stdout, `## ${title}\n`);
  for (const compared of [
    "member, gateway : @fastify/http-proxy",
    "matching : straight to Postgres",
    "chat : relay that stores nothing",
  ]) {
    t.match(stdout, new RegExp(`\\| ${compared} +\\| +\\d+\\.\\d\\d `), `${compared} has a ratio`);
  }
  t.match(stdout, "fsync on");
});
