import { execFileSync } from "node:child_process";
import { chownSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** How a program that refuses to run as root is run: as `nobody` if this process is root, else as it is. */
export type Unprivileged = { command: string; args: string[]; uid?: number; gid?: number };

const nobody = "nobody";

/**
 * Gives `ownedDir` to `nobody` if this process is root. Where a folder above it or above the program is closed to
 * others, as /root is, `nobody` keeps the one capability that opens it.
 */
export function unprivileged(program: string, args: string[], ownedDir: string): Unprivileged {
  if (process.getuid?.() !== 0) return { command: program, args };
  const uid = idOf("-u");
  const gid = idOf("-g");
  chownSync(ownedDir, uid, gid);
  if (isOpen(program) && isOpen(ownedDir)) return { command: program, args, uid, gid };
  const capability = "+dac_override";
  const identity = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  return {
    command: "setpriv",
    args: [...identity, `--inh-caps=${capability}`, `--ambient-caps=${capability}`, program, ...args],
  };
}

function idOf(option: "-u" | "-g"): number {
  return Number(execFileSync("id", [option, nobody], { encoding: "utf8" }));
}

/** Whether everybody may pass through every folder above the path. */
function isOpen(path: string): boolean {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
