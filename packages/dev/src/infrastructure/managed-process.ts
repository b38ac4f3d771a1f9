import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { Readable } from "node:stream";

export type Log = (line: string) => void;
export type Exit = { code: number | null; signal: NodeJS.Signals | null };

/** A server or service that was started here, in a process group of its own. */
export type ManagedProcess = {
  name: string;
  pid: number;
  /** Set if it runs in a container: its pid is then the Docker client's, and signals go through Docker. */
  container?: string;
  exited: Promise<Exit>;
  /** Asks it to end, insists after a while; resolves once it is gone. */
  stop(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
};

export type ProcessOptions = {
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
  gid?: number;
  container?: string;
  /** Gets each line of both outputs. */
  log: Log;
  /** By which it ends in good order. */
  stopSignal?: NodeJS.Signals;
  stopTimeoutMs?: number;
  /** Throws until it can be used. */
  ready?: () => Promise<void>;
  readyTimeoutMs?: number;
  /** Hears of the process before anything else happens, so that no crash can leave it behind unrecorded. */
  onSpawn?: (process: ManagedProcess) => void;
};

const readyPollMs = 25;
const keptLines = 15;

/** Starts a process and waits until it is ready; the error of one that is not tells its last lines. */
export async function startProcess(options: ProcessOptions): Promise<ManagedProcess> {
  const lastLines: string[] = [];
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: Ctrl-C in the terminal then reaches the launcher only, which stops things in order.
    detached: true,
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.gid }),
  });
  const exited = exitOf(child);
  if (child.pid === undefined) {
    const { cause } = await exited;
    throw new Error(`${options.name} can't be started: ${cause?.message ?? options.command}`);
  }
  const managed = manage(child, child.pid, exited, options);
  options.onSpawn?.(managed);
  const keep: Log = (line) => {
    if (lastLines.push(line) > keptLines) lastLines.shift();
    options.log(line);
  };
  for (const output of [child.stdout, child.stderr]) readLines(output, keep);
  try {
    await untilReady(managed, options);
  } catch (error) {
    await managed.stop();
    throw new Error([(error as Error).message, ...lastLines].join("\n  "));
  }
  return managed;
}

function exitOf(child: ChildProcess): Promise<Exit & { cause?: Error }> {
  return new Promise((resolve) => {
    child.once("error", (cause) => resolve({ code: null, signal: null, cause }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

function manage(
  child: ChildProcess,
  pid: number,
  exited: Promise<Exit>,
  options: ProcessOptions,
): ManagedProcess {
  const { name, container, stopSignal = "SIGTERM", stopTimeoutMs = 5_000 } = options;
  const kill = (signal: NodeJS.Signals) => {
    if (container) execFile("docker", ["kill", `--signal=${signal}`, container], () => undefined);
    else if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  };
  const stop = async () => {
    kill(stopSignal);
    const gone = await Promise.race([exited.then(() => true), delay(stopTimeoutMs, false, { ref: false })]);
    if (!gone) kill("SIGKILL");
    await exited;
  };
  return { name, pid, exited, stop, kill, ...(container === undefined ? {} : { container }) };
}

function readLines(output: Readable | null, log: Log): void {
  if (output) createInterface({ input: output, crlfDelay: Infinity }).on("line", log);
}

async function untilReady(managed: ManagedProcess, options: ProcessOptions): Promise<void> {
  const { name, ready, readyTimeoutMs = 30_000 } = options;
  if (!ready) return;
  const end = Date.now() + readyTimeoutMs;
  let exit: Exit | undefined;
  void managed.exited.then((value) => (exit = value));
  for (;;) {
    try {
      return await ready();
    } catch (error) {
      if (exit) throw new Error(`${name} ended while starting (${exit.signal ?? `exit code ${exit.code}`})`);
      if (Date.now() > end) throw new Error(`${name} is not ready: ${(error as Error).message}`);
      await delay(readyPollMs);
    }
  }
}
