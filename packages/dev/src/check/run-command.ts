import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../..", import.meta.url));

export type Ended = { code: number; stdout: string; all: string };

/** Runs a Node program of the repository to its end, and gives what it said. */
export function runNode(args: string[], { env = {}, timeoutMs = 300_000 } = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stdout: Buffer[] = [];
    const all: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => {
      stdout.push(chunk);
      all.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => all.push(chunk));
    const timer = setTimeout(() => {
      all.push(Buffer.from(`\nstopped after ${timeoutMs / 1_000} s`));
      child.kill("SIGKILL");
    }, timeoutMs);
    const finish = (code: number) => {
      clearTimeout(timer);
      resolve({ code, stdout: Buffer.concat(stdout).toString(), all: Buffer.concat(all).toString() });
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
