import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Cleanup } from "../system/cleanup.ts";
import type { LoadResult } from "./measure.ts";

/** Many times what the longest load takes: nothing here may hang. */
const loadTimeoutMs = 60_000;

/** Runs one of the `*-main.ts` here as a process of its own, so that its work is not taken for that of the measured. */
export async function runLoad(name: string, input: object, cleanup: Cleanup): Promise<LoadResult[]> {
  const results = await runProgram<LoadResult[]>(name, input, cleanup);
  for (const { errors, firstError } of results) {
    if (errors > 0) throw new Error(`${name}: ${errors} errors, the first: ${firstError}`);
  }
  return results;
}

/** The same for one that tells something else. */
export async function runProgram<Told>(name: string, input: object, cleanup: Cleanup): Promise<Told> {
  const main = fileURLToPath(new URL(`./${name}-main.ts`, import.meta.url));
  const child = spawn(process.execPath, [main], { stdio: ["pipe", "pipe", "inherit"] });
  cleanup.add(() => void child.kill("SIGKILL"));
  child.stdin.end(JSON.stringify(input));
  const timer = setTimeout(() => child.kill("SIGKILL"), loadTimeoutMs);
  const output = await text(child.stdout);
  clearTimeout(timer);
  if (output === "") throw new Error(`the load ${name} failed`);
  return JSON.parse(output) as Told;
}
