import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { root } from "./run-command.ts";

/** What is committed, or would be: paths from the root. */
export function sourceFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 16_000_000,
  });
  return listed.split("\n").filter((path) => path !== "" && existsSync(`${root}/${path}`));
}
