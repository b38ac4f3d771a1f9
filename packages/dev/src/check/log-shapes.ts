import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run-command.ts";

export const logFolder = join(root, ".kismet/test-logs");
const maxTold = 20;

/** What no log line may hold, whoever wrote it (A04). test/log-scan.test.ts looks for the very values it used, too. */
const shapes: [what: string, shape: RegExp][] = [
  ["a token", /eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/],
  ["an e-mail address", /[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}/],
  ["a password hash", /\$argon2/],
  ["a private key", /PRIVATE KEY/],
  ["the password of a connection", /:\/\/[^/\s":]+:[^@\s"]+@/],
];

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

export function leaksIn(line: string): string[] {
  return shapes.filter(([, shape]) => shape.test(line)).map(([what]) => what);
}
