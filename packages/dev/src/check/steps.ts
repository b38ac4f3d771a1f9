import { checkBoundaries } from "./boundaries.ts";
import { checkDocuments } from "../docs/check-documents.ts";
import { checkDependencies } from "./dependencies.ts";
import { checkOpenApi } from "./openapi.ts";
import { checkLogs } from "./check-logs.ts";
import { checkMigrations } from "./migrations.ts";
import { programOf, runNode } from "./run-command.ts";
import { runTests } from "./run-tests.ts";
import { checkTidiness } from "./tidiness.ts";

export type Outcome = {
  passed: number;
  failed: number;
  skipped: number;
  /** Shown if something failed or was skipped. */
  output: string;
  /** What it consisted of, if that is of interest. */
  slow?: { name: string; seconds: number }[];
};

export type Step = {
  name: string;
  run(files: string[]): Promise<Outcome>;
  takesFiles?: boolean;
  /** Not beside other steps. */
  isAlone?: boolean;
};

const program = (name: string, args: string[]): Step => ({
  name,
  async run() {
    const { code, all } = await runNode(args);
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, output: all };
  },
});

/** A check that lists what is wrong. */
const faults = (name: string, check: () => Promise<string[]> | string[]): Step => ({
  name,
  async run() {
    const found = await check();
    return { passed: found.length === 0 ? 1 : 0, failed: found.length, skipped: 0, output: found.join("\n") };
  },
});

/** The next run checks what has changed since. */
const keepingTypes = ["--incremental", "--tsBuildInfoFile", ".kismet/types.tsbuildinfo"];

/** In the order in which they run: what is quick and what explains other failures first. */
export const steps: readonly Step[] = [
  program("types", [programOf("typescript/bin/tsc"), "--noEmit", "-p", "tsconfig.json", ...keepingTypes]),
  program("lint", [programOf("eslint/bin/eslint.js"), "--max-warnings=0", "."]),
  program("format", [programOf("prettier/bin/prettier.cjs"), "--check", "--log-level=warn", "."]),
  faults("boundaries", checkBoundaries),
  faults("tidiness", checkTidiness),
  faults("dependencies", checkDependencies),
  faults("documents", checkDocuments),
  faults("openapi", () => checkOpenApi()),
  program("dead code", [programOf("knip/bin/knip.js"), "--no-progress"]),
  program("generated files", ["packages/dev/src/generate/generate-main.ts", "--check"]),
  faults("migrations", checkMigrations),
  { name: "tests", run: runTests, takesFiles: true, isAlone: true },
  { ...faults("logs", checkLogs), isAlone: true },
  { ...program("story", ["packages/dev/src/story/story-main.ts"]), isAlone: true },
];
