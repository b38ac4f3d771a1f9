/**
 * A service that kills itself where it hurts most, as a process of its own: gets its settings, the place and the number
 * of the fatal passage as JSON. At number 0 it lives.
 */
import { type AnyDatabase, createDatabase } from "@kismet/database";
import { createParts } from "@kismet/service-kit";
import type { SQL } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { createBus, type EventHandler } from "../../src/index.ts";
import { accountsConsumer, project, type Settings, source, target } from "./world.ts";

export type Life = {
  settings: Settings;
  place: "before marking" | "before committing" | "before acknowledging";
  fatal: number;
};

const { settings, place, fatal } = JSON.parse(process.argv[2] ?? "") as Life;
let passages = 0;

await (place === "before marking" ? relay() : consume());

function dieAtTheFatalPassage(): void {
  passages += 1;
  if (passages === fatal) process.kill(process.pid, "SIGKILL");
}

async function relay(): Promise<void> {
  const parts = createParts("auth", settings);
  const database = createDatabase(parts, source);
  const dialect = new PgDialect();
  const execute: AnyDatabase["read"]["execute"] = (query) => {
    if (dialect.sqlToQuery(query as SQL).sql.includes("SET published_at = now()")) dieAtTheFatalPassage();
    return database.read.execute(query);
  };
  createBus(parts, {
    read: { execute },
    transaction: (work, options) => database.transaction(work, options),
    onCommit: (topic, listener) => database.onCommit(topic, listener),
  });
  await parts.lifecycle.start();
}

async function consume(): Promise<void> {
  const parts = createParts("matching", settings);
  const database = createDatabase(parts, target);
  const bus = createBus(parts, {
    read: database.read,
    onCommit: (topic, listener) => database.onCommit(topic, listener),
    async transaction(work, options) {
      const result = await database.transaction(work, options);
      if (place === "before acknowledging" && isOutcome(result) && result.applied > 0) dieAtTheFatalPassage();
      return result;
    },
  });
  const { event, handle } = project();
  const handler: EventHandler = {
    event,
    async handle(tx, received) {
      await handle(tx, received);
      if (place === "before committing") dieAtTheFatalPassage();
    },
  };
  bus.consume({ ...accountsConsumer, handlers: [handler] });
  await parts.lifecycle.start();
}

function isOutcome(result: unknown): result is { applied: number } {
  return typeof result === "object" && result !== null && "applied" in result;
}
