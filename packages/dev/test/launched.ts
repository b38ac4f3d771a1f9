import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

type Entry = {
  service?: string;
  message?: string;
  name?: string;
  pid?: number;
  addresses?: Record<string, string>;
};

/** A `npm start` of its own, as somebody at a terminal has it. */
export class Launched {
  readonly npm: ChildProcess;
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  /** Of standard error. */
  readonly said: string[] = [];
  /** Of standard output, without the lines in which npm says what it does. */
  readonly logged: Entry[] = [];
  readonly notJson: string[] = [];

  constructor(args: string[]) {
    this.npm = spawn("npm", ["--silent", "start", "--", ...args], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.exited = new Promise((resolve) =>
      this.npm.once("exit", (code, signal) => resolve({ code, signal })),
    );
    const lines = (stream: NodeJS.ReadableStream | null, take: (line: string) => void) => {
      if (stream) createInterface({ input: stream }).on("line", take);
    };
    lines(this.npm.stderr, (line) => this.said.push(line));
    lines(this.npm.stdout, (line) => {
      try {
        this.logged.push(JSON.parse(line) as Entry);
      } catch {
        this.notJson.push(line);
      }
    });
  }

  async ready(timeoutMs = 120_000): Promise<Record<string, string>> {
    let exit: unknown;
    void this.exited.then((value) => (exit = value));
    return until(() => {
      if (exit) throw new Stop(`it ended: ${JSON.stringify(exit)}\n${this.said.join("\n")}`);
      const addresses = this.logged.find((entry) => entry.addresses)?.addresses;
      if (!addresses) throw new Error(`not ready\n${this.said.join("\n")}`);
      return addresses;
    }, timeoutMs);
  }

  /** Once it has told people this. */
  says(line: RegExp, timeoutMs = 60_000): Promise<void> {
    return until(() => {
      if (!this.said.some((said) => line.test(said))) throw new Error(`it did not say ${line}`);
    }, timeoutMs);
  }

  /** Of its latest start. */
  pid(name: string): number {
    const pid = this.logged.findLast((entry) => entry.message === "started" && entry.name === name)?.pid;
    if (pid === undefined) throw new Error(`${name} was not started`);
    return pid;
  }

  /** Of everything that was ever started, whose process group still holds somebody. */
  leftOver(): string[] {
    const started = this.logged.filter(({ message }) => message === "started");
    return started
      .filter(({ pid }) => pid !== undefined && groupIsAlive(pid))
      .map(({ name }) => String(name));
  }

  /** Everything gone, within the ten seconds that are promised. */
  allGone(): Promise<void> {
    return until(() => {
      const left = this.leftOver();
      if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
    }, 10_000);
  }
}

export class Stop extends Error {}

/** Calls until it no longer throws; a `Stop` is final. */
export async function until<T>(check: () => T | Promise<T>, timeoutMs: number): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (error instanceof Stop || Date.now() > end) throw error;
      await delay(50);
    }
  }
}

export function temporaryFolder(t: { teardown(handler: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), "kismet-start-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function groupIsAlive(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return isAlive(pid);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
