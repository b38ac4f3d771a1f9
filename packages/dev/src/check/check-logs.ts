import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { leaksIn } from "./leak-shapes.ts";
import { root } from "./run-command.ts";

export const logFolder = join(root, ".kismet/test-logs");
const maxTold = 20;

/** Everything that services wrote while the tests ran. */
export function checkLogs(): string[] {
  const files = existsSync(logFolder) ? readdirSync(logFolder) : [];
  const lines = files.flatMap((file) =>
    readFileSync(join(logFolder, file), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => ({ file, line })),
  );
  if (lines.length === 0) return ["the tests left no log: nothing was looked at"];
  return lines
    .flatMap(({ file, line }) => leaksIn(line).map((what) => `${file}: ${what}: ${line.slice(0, 300)}`))
    .slice(0, maxTold);
}
