/** `npm test`: every check and test, what took longest, and on the last line how many passed, failed, were skipped. */
import { parseArgs } from "node:util";
import { announceWhileRunning } from "./announce.ts";
import { chooseSteps } from "./choose-steps.ts";
import { type Outcome, type Step, steps } from "./steps.ts";

const checksAtOnce = 2;

const { values } = parseArgs({
  options: { only: { type: "string", multiple: true, default: [] } },
  allowPositionals: false,
});
const { running, files } = chooseSteps(steps, values.only);

const results: (Outcome & { name: string; seconds: number })[] = [];
async function runStep({ name, run }: Step): Promise<void> {
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

// Checks of the sources share the cores; what measures time gets them to itself.
const waiting = running.filter(({ isAlone }) => !isAlone);
async function runWaiting(): Promise<void> {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) await runStep(step);
}
await Promise.all(Array.from({ length: checksAtOnce }, runWaiting));
for (const step of running.filter(({ isAlone }) => isAlone)) await runStep(step);

const parts = results.flatMap(({ name, seconds, slow }) => slow ?? [{ name, seconds }]);
console.log("\nWhat took longest:");
for (const { name, seconds } of parts.sort((a, b) => b.seconds - a.seconds).slice(0, 12))
  console.log(`${seconds.toFixed(1).padStart(8)} s  ${name}`);
const sum = (key: "passed" | "failed" | "skipped") =>
  results.reduce((total, result) => total + result[key], 0);
for (const { name } of results.filter(({ failed }) => failed > 0)) console.log(`Failed: ${name}`);
console.log(`\n${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
process.exitCode = sum("failed") > 0 ? 1 : 0;
