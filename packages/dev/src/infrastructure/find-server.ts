import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fetchWithApt, type AptServer } from "./apt-tools.ts";
import type { Log } from "./managed-process.ts";

/** A program on this machine, or an image to be run by Docker. */
export type FoundServer =
  { kind: "program"; path: string; env: NodeJS.ProcessEnv } | { kind: "docker"; image: string };

export type WantedServer = AptServer & { image: string; brewFormula: string };

// Debian keeps servers in sbin, which is not in the PATH of an ordinary user; Homebrew's folder may be missing too.
const moreFolders = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"];

/**
 * Finds a server: in PATH; else fetched with apt into `toolsDir`, without touching the system; else by Docker; else
 * by Homebrew. `searchPath` stands in for PATH and the usual folders beside it.
 */
export async function findServer(
  wanted: WantedServer,
  toolsDir: string,
  log: Log,
  searchPath = defaultSearchPath(),
): Promise<FoundServer> {
  const path = findProgram(wanted.program, searchPath);
  if (path) return { kind: "program", path, env: process.env };
  const tried: string[] = [];
  if (findProgram("apt-get") && findProgram("dpkg")) {
    try {
      return { kind: "program", ...(await fetchWithApt(wanted, toolsDir, log)) };
    } catch (error) {
      tried.push(`apt: ${(error as Error).message}`);
    }
  }
  if (dockerRuns()) return { kind: "docker", image: wanted.image };
  if (findProgram("brew")) {
    try {
      return { kind: "program", path: installWithBrew(wanted, log), env: process.env };
    } catch (error) {
      tried.push(`brew: ${(error as Error).message}`);
    }
  }
  throw new Error(
    [
      `${wanted.program} is needed and was not found. Install it (Debian, Ubuntu: apt-get install ${wanted.packages[0]};` +
        ` macOS: brew install ${wanted.brewFormula}), or start Docker, and try again.`,
      ...tried,
    ].join("\n  "),
  );
}

export function findProgram(program: string, searchPath = defaultSearchPath()): string | undefined {
  return searchPath.map((folder) => join(folder, program)).find(isExecutable);
}

function defaultSearchPath(): string[] {
  return [...(process.env["PATH"] ?? "").split(delimiter).filter(Boolean), ...moreFolders];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function dockerRuns(): boolean {
  if (!findProgram("docker")) return false;
  try {
    execFileSync("docker", ["info"], { stdio: "ignore", timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

function installWithBrew({ brewFormula, program }: WantedServer, log: Log): string {
  log(`installing ${brewFormula} with Homebrew`);
  execFileSync("brew", ["install", "--quiet", brewFormula], { stdio: ["ignore", "ignore", "pipe"] });
  const prefix = execFileSync("brew", ["--prefix", brewFormula], { encoding: "utf8" }).trim();
  return join(prefix, "bin", program);
}
