/** Ends what a launcher left behind: see warden.ts. */
import { execFile } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { Ward, WardenLine } from "./warden.ts";

const graceMs = 4_000;
const pollMs = 50;
const wards = new Map<number, Ward>();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
for await (const text of createInterface({ input: process.stdin })) {
  const line = JSON.parse(text) as WardenLine;
  if ("add" in line) wards.set(line.add.pid, line.add);
  else wards.delete(line.remove);
}

// SIGINT is the "fast" shutdown of Postgres, and an ordinary request to end to everything else.
for (const ward of wards.values()) end(ward, "SIGINT");
for (const until = Date.now() + graceMs; Date.now() < until && anybodyLeft();) await delay(pollMs);
for (const ward of wards.values()) end(ward, "SIGKILL");

function end({ pid, container }: Ward, signal: NodeJS.Signals): void {
  if (container) execFile("docker", ["kill", `--signal=${signal}`, container], () => undefined);
  signalGroup(pid, signal);
}

function anybodyLeft(): boolean {
  return [...wards.keys()].some((pid) => signalGroup(pid, 0));
}

/** To the whole group: what a process has started itself goes with it. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
