import { randomUUID } from "node:crypto";
import { createLogger, createParts, deadlineIn, type Parts, runWithContext } from "@kismet/service-kit";
import { createDatabase, type Database, type DatabaseConfig, type Transaction } from "../../src/index.ts";

type Teardown = { teardown(work: () => Promise<unknown> | void): void };
type Settings = DatabaseConfig & { logLevel: string; shutdownMs: number };
export type Line = { level: string; message: string } & Record<string, unknown>;

/** What a busy machine may add to a time. */
export const slackMs = 2_500;

/** For processes: what the test runner asks of its own would make them slow. */
export const cleanEnvironment = { NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] };

/** One process of a service, as far as its database is concerned. */
export type Instance = { parts: Parts<Settings>; database: Database; lines: Line[] };

export function createInstance(databaseUrl: string, overrides: Partial<Settings> = {}): Instance {
  const config = {
    databaseUrl,
    databasePoolSize: 4,
    slowQueryMs: 60_000,
    instanceId: `test-${randomUUID().slice(0, 8)}`,
    logLevel: "debug",
    shutdownMs: 8_000,
    ...overrides,
  };
  const lines: Line[] = [];
  const logger = createLogger(
    { service: "auth", instanceId: config.instanceId, level: config.logLevel },
    { write: (text) => void lines.push(JSON.parse(text) as Line) },
  );
  const parts = createParts("auth", config, { logger });
  return { parts, database: createDatabase(parts, {}), lines };
}

export async function startInstance(
  t: Teardown,
  databaseUrl: string,
  overrides: Partial<Settings> = {},
): Promise<Instance> {
  const instance = createInstance(databaseUrl, overrides);
  t.teardown(() => instance.parts.lifecycle.stop());
  await instance.parts.lifecycle.start();
  return instance;
}

/** As a request would that may take so long. What drizzle gives is begun by awaiting it, so that happens inside. */
export function within<T>(ms: number, work: () => PromiseLike<T>): Promise<T> {
  const context = { requestId: "database-test-request", traceparent: "", deadline: deadlineIn(ms) };
  return runWithContext(context, async () => await work());
}

/** What `work` threw and when. */
export async function failureOf(
  work: () => PromiseLike<unknown>,
): Promise<{ error: Error; elapsedMs: number }> {
  const begin = performance.now();
  try {
    await work();
  } catch (error) {
    return { error: error as Error, elapsedMs: performance.now() - begin };
  }
  throw new Error("nothing failed");
}

export type OpenTransaction = { commit(): Promise<void>; rollBack(): Promise<void> };

/** A transaction that has done `work` and stays open until it is told to end. */
export async function openTransaction(
  database: Database,
  work: (tx: Transaction) => Promise<unknown>,
): Promise<OpenTransaction> {
  const isDone = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const transaction = database.transaction(async (tx) => {
    await work(tx);
    isDone.resolve();
    await mayEnd.promise;
  });
  await Promise.race([isDone.promise, transaction]);
  return {
    commit() {
      mayEnd.resolve();
      return transaction;
    },
    rollBack() {
      mayEnd.reject(new Error("rolled back"));
      return transaction;
    },
  };
}

/** A place where the first `size` who come wait for each other. */
export function meeting(size: number): () => Promise<void> {
  const isComplete = Promise.withResolvers<void>();
  let present = 0;
  return () => {
    present += 1;
    if (present >= size) isComplete.resolve();
    return isComplete.promise;
  };
}
