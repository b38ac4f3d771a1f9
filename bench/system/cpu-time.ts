import { readdirSync, readFileSync } from "node:fs";

/** Linux counts in hundredths of a second for programs, whatever the kernel's own tick is. */
const tickMs = 10;

type Stat = { parent: number; own: number; reaped: number };

/**
 * CPU time that a process, its children, and the children that it has buried have used, in ms. Null where /proc does
 * not tell. Postgres and nginx work in children; a service has none.
 */
export function cpuTimeMs(pid: number): number | null {
  const root = readStat(pid);
  if (!root) return null;
  let ticks = root.own + root.reaped;
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
    if (stat?.parent === pid) ticks += stat.own;
  }
  return ticks * tickMs;
}

function readStat(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The name of the program, in parentheses, may hold anything: proc(5) counts from behind it.
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const [, parent = 0] = fields;
  const [user = 0, system = 0, reapedUser = 0, reapedSystem = 0] = fields.slice(11, 15);
  return { parent, own: user + system, reaped: reapedUser + reapedSystem };
}
