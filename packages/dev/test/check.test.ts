/** Checks go blind unnoticed: each has to find what is planted for it here, or, for the boundaries, in fixtures. */
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ESLint, type Linter } from "eslint";
import t, { type Test } from "tap";
import { chooseSteps } from "../src/check/choose-steps.ts";
import { belowFloor, notExact } from "../src/check/dependencies.ts";
import { leaksIn } from "../src/check/leak-shapes.ts";
import { missingIn } from "../src/check/migrations.ts";
import { readTap } from "../src/check/read-tap.ts";
import { programOf, root, runNode } from "../src/check/run-command.ts";
import { missingMigrations, untidy } from "../src/check/tidiness.ts";

t.setTimeout(150_000);

function plant(test: Test, files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "kismet-planted-"));
  test.teardown(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

t.test("a wrong type fails the type check", async (t) => {
  const tsconfig = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: { types: [] },
    files: ["a.ts"],
  };
  const folder = plant(t, {
    "tsconfig.json": JSON.stringify(tsconfig),
    "package.json": '{"type":"module"}',
    "a.ts": 'export const count: number = "1";\nexport const first: string = [""][0];\n',
  });
  const { code, all } = await runNode([programOf("typescript/bin/tsc"), "--noEmit", "-p", folder]);
  t.not(code, 0);
  t.equal(all.match(/error TS2322/g)?.length, 2, all);
});

const unlinted = `
import { readFileSync } from "node:fs";
export type Path = Parameters<typeof readFileSync>[0];
export default 1;
export function drop(value: any, other: number) {
  void eval;
  const wait = async () => undefined;
  wait();
  console.log(value == other);
  eval("1");
  throw "text";
}
`;

t.test("the linter finds what the types alone do not forbid", async (t) => {
  const { default: config } = (await import(join(root, "eslint.config.mjs"))) as { default: Linter.Config[] };
  const tsconfig = { extends: join(root, "tsconfig.base.json"), files: ["services/a/src/a.ts"] };
  const folder = plant(t, {
    "tsconfig.json": JSON.stringify({ ...tsconfig, compilerOptions: { types: [] } }),
    "services/a/src/a.ts": unlinted,
  });
  const parserOptions = { project: join(folder, "tsconfig.json"), tsconfigRootDir: folder };
  const linter = new ESLint({
    cwd: folder,
    overrideConfigFile: true,
    overrideConfig: [...config, { files: ["**/*.ts"], languageOptions: { parserOptions } }],
  });
  const results = await linter.lintFiles(["services/a/src/a.ts"]);
  const found = new Set(results.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId)));
  for (const rule of [
    "no-console",
    "eqeqeq",
    "no-eval",
    "no-restricted-syntax",
    "@typescript-eslint/no-explicit-any",
    "@typescript-eslint/no-floating-promises",
    "@typescript-eslint/only-throw-error",
    "@typescript-eslint/consistent-type-imports",
  ])
    t.ok(found.has(rule), rule);
});

t.test("a file that is not formatted fails", async (t) => {
  const folder = plant(t, { "a.ts": "export const a = {b:1}\n", "b.ts": "export const b = 1;\n" });
  const check = (file: string) =>
    runNode([programOf("prettier/bin/prettier.cjs"), "--check", "--log-level=warn", file], { cwd: folder });
  t.not((await check("a.ts")).code, 0);
  t.equal((await check("b.ts")).code, 0);
});

t.test("a file or an export that nothing uses fails", async (t) => {
  const folder = plant(t, {
    "package.json": '{"name":"planted","private":true,"type":"module","workspaces":["services/*"]}',
    "services/a/package.json": '{"name":"a","private":true,"type":"module"}',
    "services/a/src/main.ts": 'import { used } from "./part.ts";\nused();\n',
    "services/a/src/part.ts": "export const used = () => 1;\nexport const unusedPart = 1;\n",
    "services/a/src/unused-file.ts": "export const a = 1;\n",
  });
  copyFileSync(join(root, "knip.json"), join(folder, "knip.json"));
  const { code, all } = await runNode([programOf("knip/bin/knip.js"), "--no-progress"], { cwd: folder });
  t.not(code, 0);
  t.match(all, "unusedPart");
  t.match(all, "unused-file.ts");
});

t.test("untidy sources are found", async (t) => {
  const faultsOf = (path: string, text: string) => untidy(path, text).length;
  t.equal(faultsOf("services/a/src/tidy.ts", "export const tidy = 1;\n"), 0);
  t.equal(faultsOf("services/a/src/notTidy.ts", ""), 1, "name");
  t.equal(faultsOf("services/a/src/a.ts", "\n".repeat(401)), 1, "length");
  // Put together, so that this file does not have them itself.
  for (const banned of [
    ["// TO", "DO later"],
    ["// @ts-", "ignore"],
    ["/* eslint-", "disable */"],
    ["t.", "skip('later')"],
    ["sql.", "raw(order)"],
    ["} catch ", "{}"],
  ])
    t.equal(faultsOf("services/a/src/a.ts", banned.join("")), 1, banned.join(""));
  const expectation = ["// @ts-", "expect-error a request without a schema"].join("");
  t.equal(faultsOf("services/a/src/a.ts", expectation), 1, "an expected error in a service");
  t.equal(faultsOf("services/a/src/a.test.ts", expectation), 0, "an expected error in a test");
  t.equal(
    faultsOf("services/a/src/a.test.ts", expectation.slice(0, 19)),
    1,
    "an expected error without a word",
  );
});

t.test("tables without their migrations are found", async (t) => {
  const journal = "services/a/migrations/meta/_journal.json";
  const read = () => JSON.stringify({ entries: [{ tag: "0000_a" }, { tag: "0001_b" }] });
  t.equal(missingMigrations(["services/a/src/schema.ts"], read).length, 1);
  const files = ["services/a/src/schema.ts", journal, "services/a/migrations/0000_a.sql"];
  t.same(missingMigrations(files, read), ["services/a/migrations/0001_b.sql is listed, but not there"]);
  t.same(missingMigrations([...files, "services/a/migrations/0001_b.sql"], read), []);
});

t.test("tables that no migration makes are found", async (t) => {
  const folder = plant(t, {});
  const home = join(root, "services/matching");
  cpSync(join(home, "migrations"), folder, { recursive: true });
  const journal = join(folder, "meta/_journal.json");
  const { entries, ...rest } = JSON.parse(readFileSync(journal, "utf8")) as { entries: { tag: string }[] };
  const last = entries.pop()?.tag ?? "";
  writeFileSync(journal, JSON.stringify({ ...rest, entries }));
  rmSync(join(folder, `${last}.sql`));
  rmSync(join(folder, `meta/${last.slice(0, 4)}_snapshot.json`));
  const found = await missingIn(home, folder);
  t.match(found, [/has what no migration makes/]);
  t.equal(found.length, 1);
});

t.test("a version below its floor, and one that is not exact, fail", async (t) => {
  const lockfile = readFileSync(join(root, "pnpm-lock.yaml"), "utf8");
  const old = lockfile.replace(/^ {2}fastify@\d+\.\d+\.\d+:$/m, "  fastify@5.12.2:");
  t.not(old, lockfile);
  t.same(belowFloor(old, { fastify: "5.12.3" }), ["fastify 5.12.2 is below 5.12.3"]);
  t.same(belowFloor(lockfile, { fastify: "5.12.3" }), []);
  t.throws(() => belowFloor("", {}), "a lockfile that cannot be read");
  const dependencies = { a: "1.2.3", b: "^1.2.3", c: "latest", d: "1.0.0-beta.1", e: "workspace:*" };
  t.equal(notExact("package.json", { dependencies }).length, 2);
});

t.test("A04 what no log may hold is recognised", async (t) => {
  for (const leak of [
    `eyJhbGciOiJFZERTQSJ9.${"a".repeat(20)}`,
    "ann@example.org",
    "$argon2id$v=19",
    "-----BEGIN PRIVATE KEY-----",
    "postgres://auth:secret@127.0.0.1:5432/kismet",
  ])
    t.equal(leaksIn(JSON.stringify({ level: "info", message: leak })).length, 1, leak);
  t.same(leaksIn('{"level":"info","message":"Server listening at http://127.0.0.1:41701"}'), []);
});

t.test("what is asked for is run, steps and files alike", async (t) => {
  const run = async () => ({ passed: 1, failed: 0, skipped: 0, output: "" });
  const steps = [
    { name: "types", run },
    { name: "dead code", run },
    { name: "tests", run, takesFiles: true },
  ];
  const chosen = (...only: string[]) => {
    const { running, files } = chooseSteps(steps, only);
    return [running.map(({ name }) => name), files];
  };
  t.same(chosen(), [["types", "dead code", "tests"], []]);
  t.same(chosen("code"), [["dead code"], []]);
  t.same(chosen("services/chat"), [["tests"], ["services/chat"]]);
  t.same(chosen("types", "services/chat"), [["types", "tests"], ["services/chat"]]);
});

t.test("assertions are counted once, and logs told apart", async (t) => {
  const [first, second, ...rest] = readTap(
    [
      "TAP version 14",
      "# Subtest: services/a/test/a.int.test.ts",
      "    # Subtest: a claim",
      "        ok 1 - holds",
      '{"level":"info","time":"2026-01-01T00:00:00.000Z","message":"ready"}',
      "        not ok 2 - does not hold",
      "          ---",
      "          wanted: 1",
      "          ...",
      "        ok 3 - later # SKIP",
      "        1..3",
      "        # failed 1 of 3 tests",
      "    not ok 1 - a claim # time=5ms",
      "    ",
      "    1..1",
      "not ok 1 - services/a/test/a.int.test.ts # time=1500ms",
      "  ---",
      "  exitCode: 1",
      "  ...",
      "# Subtest: services/a/src/b.test.ts",
      "    ok 1 - holds",
      "    1..1",
      "ok 2 - services/a/src/b.test.ts # time=20ms",
      "1..2",
    ].join("\n"),
  );
  t.match(first, { passed: 1, failed: 1, skipped: 1, isOk: false, seconds: 1.5 });
  t.match(first?.failures, /does not hold\n\s+---\n\s+wanted: 1[^]*exitCode: 1/);
  t.match(first?.logs, /^\{"level".*\}\n$/);
  t.match(second, { path: "services/a/src/b.test.ts", passed: 1, failed: 0, isOk: true });
  t.equal(rest.length, 0);
});

t.test("a file that ended without an assertion shows its last words", async (t) => {
  const output = [
    "# Subtest: test/a.test.ts",
    "    1..0 # no tests found",
    "not ok 1 - test/a.test.ts # time=5ms",
  ];
  const [file] = readTap(output.join("\n"), "Error: the mail catcher is not ready");
  t.match(file, { isOk: false, failed: 0, failures: /the mail catcher is not ready$/ });
});
