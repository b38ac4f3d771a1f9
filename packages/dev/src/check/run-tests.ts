import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { logFolder } from "./check-logs.ts";
import { fileBegins, fileEnds, readTap, type TestFile } from "./read-tap.ts";
import { programOf, runNode } from "./run-command.ts";
import { sourceFiles } from "./source-files.ts";
import type { Outcome } from "./steps.ts";
import { startTestServers } from "./test-servers.ts";

/** Of a row that hangs: on a busy machine one takes a quarter of an hour. */
const timeoutMs = 1_800_000;

/** They measure time against people's patience. */
const runsAlone =
  /^test\/outages|^services\/gateway\/test\/flood|^packages\/dev\/test\/launcher|^packages\/database\/test\/(deadlines|leadership)|^bench\//;

/** The first of two rows, which run beside each other and take about as long: no two have the whole system at a time. */
const isInFirstRow = /^(test|services\/auth)\//;

/** Every test file, on one set of servers. */
export async function runTests(parts: string[]): Promise<Outcome> {
  const files = sourceFiles().filter((path) => path.endsWith(".test.ts") && isAskedFor(path, parts));
  if (files.length === 0) throw new Error(`no step and no test file is called ${parts.join(" or ")}`);
  rmSync(logFolder, { recursive: true, force: true });
  mkdirSync(logFolder, { recursive: true });
  const servers = await startTestServers();
  try {
    const env = { KISMET_TEST_SERVERS_FILE: servers.file };
    const { first = [], second = [], alone = [] } = Object.groupBy(files, rowOf);
    // tap empties its folder before its tests, and two of them share it: the second waits for the first one's tests.
    const hasBegun = Promise.withResolvers<void>();
    const ofFirst = runTap(first, env, hasBegun.resolve);
    await Promise.race([ofFirst, hasBegun.promise]);
    const results = (await Promise.all([ofFirst, runTap(second, env)])).flat();
    results.push(...(await runTap(alone, env)));
    return outcomeOf(results, files);
  } finally {
    await servers.stop();
  }
}

function rowOf(path: string): "first" | "second" | "alone" {
  if (runsAlone.test(path)) return "alone";
  return isInFirstRow.test(path) ? "first" : "second";
}

/** The test of the benchmarks measures for a minute, and is run by who changes them: `npm test -- --only bench`. */
function isAskedFor(path: string, parts: string[]): boolean {
  return parts.length === 0 ? !path.startsWith("bench/") : parts.some((part) => path.includes(part));
}

/** One after another. */
async function runTap(
  files: string[],
  env: Record<string, string>,
  onBegin: () => void = () => undefined,
): Promise<TestFile[]> {
  if (files.length === 0) return [];
  const { stdout, stderr, all } = await runNode(
    [programOf("tap/dist/esm/run.mjs"), "run", "-R", "tap", "--jobs=1", "--disable-coverage", ...files],
    { env, timeoutMs, onStdout: tellFiles(onBegin) },
  );
  const results = readTap(stdout, stderr);
  for (const { path, logs } of results)
    writeFileSync(join(logFolder, `${path.replaceAll("/", "_")}.log`), logs);
  const missing = files.filter((path) => !results.some((result) => result.path === path));
  return [
    ...results,
    ...missing.map((path) => ({
      path,
      isOk: false,
      seconds: 0,
      passed: 0,
      failed: 1,
      skipped: 0,
      failures: `${path} did not end:\n${all.slice(-4_000)}`,
      logs: "",
    })),
  ];
}

/** A line a file, as it ends. */
function tellFiles(onBegin: () => void): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (fileBegins.test(line)) onBegin();
      const [, isFailed, path = "", ms = "0"] = fileEnds.exec(line) ?? [];
      if (path) console.log(`${isFailed ? "FAILED" : "ok"}    ${path}  ${(Number(ms) / 1_000).toFixed(1)} s`);
    }
  };
}

function outcomeOf(results: TestFile[], files: string[]): Outcome {
  const sum = (key: "passed" | "failed" | "skipped") =>
    results.reduce((total, result) => total + result[key], 0);
  const failed = results.filter(({ isOk }) => !isOk);
  return {
    passed: sum("passed"),
    // A file can fail without an assertion that does: by its exit code, or its time.
    failed: failed.reduce((total, file) => total + Math.max(file.failed, 1), 0),
    skipped: sum("skipped"),
    output: [
      `${results.length} of ${files.length} files`,
      ...failed.map(({ path, failures }) => `--- ${path}\n${failures}`),
    ].join("\n"),
    slow: results.map(({ path, seconds }) => ({ name: path, seconds })),
  };
}
