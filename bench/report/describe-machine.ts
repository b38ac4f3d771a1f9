import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { findNginx } from "../peers/nginx.ts";
import type { System } from "../system/start-system.ts";
import { median, number } from "./numbers.ts";

const syncs = 40;

/** What the numbers depend on, and nothing that names the machine. */
export async function describeMachine(system: System, loadBefore: number): Promise<string[]> {
  const setting = async (name: string) => {
    const { rows } = await system.admin.query<{ value: string }>("SELECT current_setting($1) AS value", [
      name,
    ]);
    return rows[0]?.value ?? "unknown";
  };
  const nginx = findNginx();
  return [
    `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${number(totalmem() / 2 ** 30)} GiB`,
    `Node ${process.versions.node}, Postgres ${await setting("server_version")}` +
      (nginx ? `, nginx ${nginx.version}` : "; no nginx in PATH"),
    `Postgres is durable: fsync ${await setting("fsync")}, synchronous_commit ${await setting("synchronous_commit")}, ` +
      `full_page_writes ${await setting("full_page_writes")}; an fdatasync of 8 kB takes ` +
      `${number(syncMs(system.folder), 2)} ms here (median of ${syncs})`,
    `load average of the minute before: ${number(loadBefore, 2)}` +
      (loadBefore > 0.5
        ? "; other work was running, so that absolute numbers are too low and tails too long"
        : ""),
  ];
}

export function loadAverage(): number {
  return loadavg()[0] ?? 0;
}

function syncMs(folder: string): number {
  const file = openSync(join(folder, "sync-probe"), "w");
  const page = Buffer.alloc(8_192);
  const times = Array.from({ length: syncs }, () => {
    const from = performance.now();
    writeSync(file, page);
    fdatasyncSync(file);
    return performance.now() - from;
  });
  closeSync(file);
  return median(times);
}
