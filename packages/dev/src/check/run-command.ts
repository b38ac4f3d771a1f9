import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../..", import.meta.url));

export type Ended = { code: number; stdout: string; stderr: string; all: string };

/** For what hangs: on a busy machine a check may take minutes. */
const patienceMs = 600_000;

type RunOptions = {
  cwd?: string;
  env?: Record<string, string>;
  timeoutMs?: number;
  onStdout?: (chunk: string) => void;
};

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) {
    // tap outlives a SIGTERM and goes on to the next file: its tests are asked to end, and it is made to.
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    child.kill("SIGKILL");
  }
});
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)
  process.once(signal, () => process.exit(code));

/** Runs a Node program of the repository to its end, and gives what it said. */
export function runNode(
  args: string[],
  { cwd = root, env = {}, timeoutMs = patienceMs, onStdout = () => undefined }: RunOptions = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const all: Buffer[] = [];
    running.add(child);
    child.stdout.on("data", (chunk: Buffer) => {
      onStdout(chunk.toString());
      stdout.push(chunk);
      all.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr.push(chunk);
      all.push(chunk);
    });
    const timer = setTimeout(() => {
      all.push(Buffer.from(`\nstopped after ${timeoutMs / 1_000} s`));
      child.kill("SIGKILL");
    }, timeoutMs);
    const finish = (code: number) => {
      clearTimeout(timer);
      running.delete(child);
      const said = (chunks: Buffer[]) => Buffer.concat(chunks).toString();
      resolve({ code, stdout: said(stdout), stderr: said(stderr), all: said(all) });
    };
    child.once("error", (error) => {
      all.push(Buffer.from(error.message));
      finish(1);
    });
    child.once("close", (code) => finish(code ?? 1));
  });
}

/** The program that a package of the root brings. */
export function programOf(path: string): string {
  return fileURLToPath(new URL(`../../../../node_modules/${path}`, import.meta.url));
}
