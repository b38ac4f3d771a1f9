import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "@kismet/database";
import type { Parts } from "@kismet/service-kit";
import type { Config } from "../config.ts";
import { deleteEntriesBefore, type Schema } from "./change-repository.ts";

const everyMs = 3_600_000;
/** Small enough for a statement to be quick and its locks few. */
const deletedAtOnce = 5_000;
const pauseMs = 100;
const dayMs = 86_400_000;

/** Every instance does it, each at its own hour; they skip what another has locked. */
export function expireChanges(parts: Parts<Config>, database: Database<Schema>): void {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  parts.lifecycle.add({
    name: "expiry of changes",
    start: async () => {
      running = run(parts, database, stopping.signal);
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  });
}

async function run(parts: Parts<Config>, database: Database<Schema>, stopping: AbortSignal): Promise<void> {
  await pause(everyMs * Math.random(), stopping);
  while (!stopping.aborted) {
    try {
      await deleteExpired(parts, database, stopping);
    } catch (error) {
      parts.logger.warn({ err: error }, "could not delete old changes: tried again in an hour");
    }
    await pause(everyMs, stopping);
  }
}

export async function deleteExpired(
  parts: Parts<Config>,
  database: Database<Schema>,
  stopping: AbortSignal,
): Promise<void> {
  const before = new Date(parts.clock.now().getTime() - parts.config.changeRetentionDays * dayMs);
  let deleted: number;
  do {
    deleted = await deleteEntriesBefore(database, before, deletedAtOnce);
    await pause(pauseMs, stopping);
  } while (deleted === deletedAtOnce && !stopping.aborted);
}

async function pause(ms: number, stopping: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal: stopping });
  } catch (error) {
    if (!stopping.aborted) throw error;
  }
}
