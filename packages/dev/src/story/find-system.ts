import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { defaultStateFolder } from "../launcher/options.ts";
import { readRunning } from "../launcher/state-folder.ts";

/** Where the story plays. */
export type System = {
  gateway: string;
  /** Of the mail catcher. */
  mail: string;
  /** Warnings and errors, of a system that was started for the story. */
  complaints: readonly string[];
  end(): Promise<void>;
};

/** Enough that somebody can run out of likes. */
const people = 2_000;
/** Of a first start on a busy machine. */
const readyMs = 300_000;
const keptComplaints = 20;

/** What `npm start` runs at the moment, else a system of the story's own, on free ports and without a past. */
export async function findSystem(say: (line: string) => void): Promise<System> {
  const { gateway, mail } = readRunning(defaultStateFolder) ?? {};
  if (gateway && mail) return { gateway, mail, complaints: [], end: async () => undefined };
  say("No npm start runs: starting a system for the story ...");
  return startSystem();
}

async function startSystem(): Promise<System> {
  const state = mkdtempSync(join(tmpdir(), "kismet-story-"));
  const program = fileURLToPath(new URL("../launcher/launcher-main.ts", import.meta.url));
  const options = ["--state", state, "--port", "0", "--people", String(people), "--quiet"];
  // The launcher ends when this channel does: nothing outlives a story that was killed.
  const launcher = spawn(process.execPath, [program, ...options], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const complaints: string[] = [];
  const end = async () => {
    await stop(launcher);
    rmSync(state, { recursive: true, force: true });
  };
  try {
    const { gateway = "", mail = "" } = await untilReady(launcher, (line) => {
      if (complaints.push(line) > keptComplaints) complaints.shift();
    });
    return { gateway, mail, complaints, end };
  } catch (error) {
    await end();
    throw new Error([(error as Error).message, ...complaints].join("\n  "));
  }
}

function untilReady(
  launcher: ChildProcess,
  complain: (line: string) => void,
): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the system is not ready in time")), readyMs);
    launcher.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`the system has ended while it started (exit code ${code})`));
    });
    let isReady = false;
    lines(launcher.stderr, (line) => {
      if (line.startsWith("Kismet is ready")) isReady = true;
      // The addresses that follow are no complaint.
      else if (line.trim() !== "" && !(isReady && line.startsWith("  "))) complain(line);
    });
    lines(launcher.stdout, (line) => {
      const entry = JSON.parse(line) as { service?: string; addresses?: Record<string, string> };
      if (entry.service !== "launcher") return complain(line);
      if (!entry.addresses) return;
      clearTimeout(timer);
      resolve(entry.addresses);
    });
  });
}

function lines(stream: Readable | null, take: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on("line", take);
}

async function stop(launcher: ChildProcess): Promise<void> {
  if (launcher.exitCode !== null || launcher.signalCode !== null) return;
  const exited = new Promise((resolve) => launcher.once("exit", resolve));
  launcher.kill("SIGTERM");
  await exited;
}
