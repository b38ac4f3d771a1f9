import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Log } from "./managed-process.ts";

const run = promisify(execFile);
const aptTimeoutMs = 120_000;

/** `packages[0]` is the one whose dependencies are resolved. */
export type AptServer = { program: string; packages: [string, ...string[]] };

/**
 * Unpacks a server and the libraries that this machine lacks into `toolsDir/<program>`, with a package index of its
 * own there: it needs no root, no lists from an earlier `apt-get update`, and installs nothing.
 */
export async function fetchWithApt(
  server: AptServer,
  toolsDir: string,
  log: Log,
): Promise<{ path: string; env: NodeJS.ProcessEnv }> {
  const target = join(toolsDir, server.program);
  if (!existsSync(target)) {
    log(`fetching ${server.program} from the Debian or Ubuntu archive`);
    // Unpacked beside its place and moved there when complete, since an interrupted fetch must not look finished.
    const draft = `${target}.${process.pid}`;
    try {
      await unpackPackages(server, draft);
      rmSync(target, { recursive: true, force: true });
      renameSync(draft, target);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  }
  const root = join(target, "root");
  const path = ["usr/sbin", "usr/bin"]
    .map((folder) => join(root, folder, server.program))
    .find((file) => existsSync(file));
  if (!path) throw new Error(`its package holds no ${server.program}`);
  return { path, env: { ...process.env, LD_LIBRARY_PATH: libraryFolders(root).join(":") } };
}

async function unpackPackages(server: AptServer, folder: string): Promise<void> {
  const state = join(folder, "apt");
  const packages = join(folder, "packages");
  for (const name of ["lists/partial", "cache/archives/partial"])
    mkdirSync(join(state, name), { recursive: true });
  mkdirSync(packages, { recursive: true });
  const options = Object.entries({
    "Dir::State": state,
    "Dir::State::Lists": join(state, "lists"),
    "Dir::Cache": join(state, "cache"),
    "Dir::State::status": "/var/lib/dpkg/status",
    "Debug::NoLocking": "1",
    // As root apt would download as `_apt`, which can't write here.
    "APT::Sandbox::User": "root",
  }).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  const apt = (...args: string[]) =>
    run("apt-get", [...options, "-q", ...args], { cwd: packages, timeout: aptTimeoutMs });

  await apt("update");
  const { stdout } = await apt("--simulate", "--no-install-recommends", "install", server.packages[0]);
  const missing = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name as string);
  await apt("download", ...new Set([...server.packages, ...missing]));
  for (const file of readdirSync(packages)) {
    await run("dpkg", ["-x", join(packages, file), join(folder, "root")], { timeout: aptTimeoutMs });
  }
  rmSync(state, { recursive: true });
  rmSync(packages, { recursive: true });
}

/** Every folder with a shared library: Debian names them by architecture, and some packages have one of their own. */
function libraryFolders(root: string): string[] {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" });
  const libraries = files.filter((file) => /\.so(\.|$)/.test(file));
  return [...new Set(libraries.map((file) => join(root, dirname(file))))];
}
