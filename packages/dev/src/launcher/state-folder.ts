import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { explain, LaunchError } from "./launch-error.ts";

/** Raised when what lies in a state folder can no longer be carried on by migrations. */
const stateFormat = 1;
/** A new Postgres cluster, JetStream and logs take less. */
const minFreeBytes = 300 * 1024 * 1024;
const ours = ["format", "secrets.json", "addresses.json", "postgres", "nats", "redis", "mail", "logs"];
/** The warden of a launcher that was killed needs this long to end what it left, at most. */
const wardenPatienceMs = 10_000;

export type StateFolder = {
  path: string;
  /** A secret of this name, made once and kept. */
  secret(name: string): string;
  recordWarden(pid: number): void;
  /** For other commands, as long as this process runs. */
  recordAddresses(addresses: Record<string, string>): void;
  release(): void;
};

/** Opens or creates the folder and holds it for this process. */
export async function openStateFolder(path: string, { reset }: { reset: boolean }): Promise<StateFolder> {
  try {
    mkdirSync(path, { recursive: true });
    const release = await lock(path);
    try {
      if (reset) for (const name of ours) rmSync(join(path, name), { recursive: true, force: true });
      checkSpace(path);
      checkFormat(path);
    } catch (error) {
      release();
      throw error;
    }
    const secrets = loadSecrets(join(path, "secrets.json"));
    return {
      path,
      secret: secrets,
      recordWarden: (pid) => writeLock(path, pid),
      recordAddresses: (addresses) => writePrivately(addressesFile(path), addresses),
      release,
    };
  } catch (error) {
    throw explain(error, path) ?? error;
  }
}

function checkSpace(path: string): void {
  const { bavail, bsize } = statfsSync(path);
  if (bavail * bsize >= minFreeBytes) return;
  const freeMb = Math.floor((bavail * bsize) / 1024 / 1024);
  throw new LaunchError(
    `The disk that holds ${path} is full: ${freeMb} MB are free, ${minFreeBytes / 1024 / 1024} are needed.`,
  );
}

function checkFormat(path: string): void {
  const file = join(path, "format");
  const found = existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
  if (found === String(stateFormat)) return;
  if (found === undefined && !existsSync(join(path, "postgres"))) {
    writeFileSync(file, `${stateFormat}\n`);
    return;
  }
  throw new LaunchError(
    `The state in ${path} is of format ${found ?? "0"}, this version needs format ${stateFormat}: ` +
      "run with --reset to begin anew, which deletes its data.",
  );
}

/** Nothing else knows them: they need no form that production would accept, and are marked so that it refuses them. */
function loadSecrets(file: string): (name: string) => string {
  const secrets = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, string>) : {};
  return (name) => {
    const known = secrets[name];
    if (known !== undefined) return known;
    const made = `development-${randomBytes(32).toString("base64url")}`;
    secrets[name] = made;
    writePrivately(file, secrets);
    return made;
  };
}

/** What a start that runs on this folder told of itself, if one does and is ready. */
export function readRunning(path: string): Record<string, string> | undefined {
  const lock = readLock(lockFile(path));
  const file = addressesFile(path);
  if (!lock || !isAlive(lock.launcher) || !existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
}

function addressesFile(path: string): string {
  return join(path, "addresses.json");
}

/** With the passwords of this copy in it. */
function writePrivately(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
}

type Lock = { launcher: number; warden?: number };

async function lock(path: string): Promise<() => void> {
  const file = lockFile(path);
  const earlier = readLock(file);
  if (earlier && isAlive(earlier.launcher)) {
    throw new LaunchError(
      `Kismet already runs on ${path} (process ${earlier.launcher}). Another copy needs a state folder of its own: --state <folder>.`,
    );
  }
  const end = Date.now() + wardenPatienceMs;
  while (earlier?.warden !== undefined && isAlive(earlier.warden) && Date.now() < end) await delay(50);
  rmSync(file, { force: true });
  rmSync(addressesFile(path), { force: true });
  // Of two starts that found the same stale lock, one fails here.
  writeFileSync(file, JSON.stringify({ launcher: process.pid } satisfies Lock), { flag: "wx" });
  return () => {
    rmSync(addressesFile(path), { force: true });
    rmSync(file, { force: true });
  };
}

function writeLock(path: string, warden: number): void {
  writeFileSync(lockFile(path), JSON.stringify({ launcher: process.pid, warden } satisfies Lock));
}

function lockFile(path: string): string {
  return join(path, "lock");
}

function readLock(file: string): Lock | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Lock;
  } catch {
    // Cut short by a crash while it was written: its writer is gone.
    return undefined;
  }
}

/** A pid may have been given to another program since: where /proc tells, it must be one of ours. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const commandLine = `/proc/${pid}/cmdline`;
  return !existsSync(commandLine) || /launcher|warden/.test(readFileSync(commandLine, "utf8"));
}
