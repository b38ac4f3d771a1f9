/** `npm test`: every check and test, what took longest, and on the last line how many passed, failed, were skipped. */
import { parseArgs } from "node:util";
import { announceWhileRunning } from "./announce.ts";
import { type Outcome, steps } from "./steps.ts";

const { values } = parseArgs({
  options: { only: { type: "string", multiple: true, default: [] } },
  allowPositionals: false,
});
const only = values.only;
const chosen = steps.filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)));
// What names no step names test files.
const files = only.filter((part) => !steps.some(({ name }) => name.includes(part)));
const running = chosen.length > 0 ? chosen : steps.filter(({ takesFiles }) => takesFiles);

const results: (Outcome & { name: string; seconds: number })[] = [];
for (const { name, run } of running) {
  const done = announceWhileRunning(name);
  const begin = performance.now();
  const outcome = await run(files).catch((error: unknown) => ({
    passed: 0,
    failed: 1,
    skipped: 0,
    output: String(error),
  }));
  const seconds = (performance.now() - begin) / 1_000;
  results.push({ ...outcome, name, seconds });
  done(`${outcome.failed > 0 ? "FAILED" : "ok"}  ${name}  ${seconds.toFixed(1)} s`);
  if (outcome.failed > 0 || outcome.skipped > 0) console.log(outcome.output.trimEnd());
}

const parts = results.flatMap(({ name, seconds, slow }) => slow ?? [{ name, seconds }]);
console.log("\nWhat took longest:");
for (const { name, seconds } of parts.sort((a, b) => b.seconds - a.seconds).slice(0, 12))
  console.log(`${seconds.toFixed(1).padStart(8)} s  ${name}`);
const sum = (key: "passed" | "failed" | "skipped") =>
  results.reduce((total, result) => total + result[key], 0);
for (const { name } of results.filter(({ failed }) => failed > 0)) console.log(`Failed: ${name}`);
console.log(`\n${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
process.exitCode = sum("failed") > 0 ? 1 : 0;
