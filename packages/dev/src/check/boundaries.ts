import { fileURLToPath } from "node:url";
import { cruise, type IFlattenedRuleSet, type ICruiseResult } from "dependency-cruiser";
import extractTsConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { rules } from "./boundary-rules.ts";
import { root } from "./run-command.ts";
import { sourceFiles } from "./source-files.ts";

const folders = ["bench", "packages", "services", "test"];
const fixture = fileURLToPath(new URL("../../test/fixtures/boundaries/", import.meta.url));
const planted = [
  "services-are-strangers",
  "packages-know-no-service",
  "contracts-need-only-typebox",
  "decisions-are-pure",
  "drizzle-in-repositories",
  "testing-is-for-tests",
  "no-circles",
];

/**
 * Who may import whom. Such tools can go blind and stay green: so each rule must find what was planted for it, and as
 * many modules must have been read as there are.
 */
export async function checkBoundaries(): Promise<string[]> {
  const faults = violationsOf(await read(root, folders)).map(({ text }) => text);
  const found = new Set(violationsOf(await read(fixture, ["services", "packages"])).map(({ rule }) => rule));
  for (const rule of planted)
    if (!found.has(rule)) faults.push(`the rule ${rule} does not find what was planted for it`);
  return faults;
}

async function read(baseDir: string, paths: string[]): Promise<ICruiseResult> {
  const { output } = await cruise(
    paths,
    {
      baseDir,
      validate: true,
      ruleSet: rules as IFlattenedRuleSet,
      tsPreCompilationDeps: true,
      doNotFollow: { path: "node_modules" },
      exclude: { path: "node_modules|test/fixtures" },
      enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
    },
    undefined,
    { tsConfig: extractTsConfig(fileURLToPath(new URL("../../../../tsconfig.json", import.meta.url))) },
  );
  if (typeof output === "string") throw new Error(output);
  if (baseDir === root) assertSeen(output);
  return output;
}

function assertSeen({ modules }: ICruiseResult): void {
  const seen = new Set(modules.map(({ source }) => source));
  const isModule = (path: string) =>
    /\.ts$/.test(path) && !path.endsWith(".d.ts") && folders.some((folder) => path.startsWith(`${folder}/`));
  const missed = sourceFiles().filter(
    (path) => isModule(path) && !path.includes("test/fixtures/") && !seen.has(path),
  );
  if (missed.length > 0)
    throw new Error(`${missed.length} modules were not read, ${missed[0] ?? ""} among them`);
}

function violationsOf({ summary }: ICruiseResult): { rule: string; text: string }[] {
  return summary.violations.map(({ rule, from, to }) => ({
    rule: rule.name,
    text: `${rule.name}: ${from} imports ${to}`,
  }));
}
