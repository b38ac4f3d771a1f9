import { createHash } from "node:crypto";
import { type SQL, sql } from "drizzle-orm";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";

/** Every transaction, whatever its schema. */
export type AnyTransaction = Pick<NodePgDatabase, "execute">;

/**
 * Locks names until the transaction ends. They are taken in order of their hashes, whatever the order given, so that
 * two transactions that want the same ones can't wait for each other.
 */
export async function lockKeys(tx: AnyTransaction, ...keys: string[]): Promise<void> {
  const hashes = [...new Set(keys.map(lockId))].sort((a, b) => (a < b ? -1 : 1));
  if (hashes.length === 0) return;
  const calls = hashes.map((hash) => sql`pg_advisory_xact_lock(${hash.toString()}::bigint)`);
  await tx.execute(sql`SELECT ${sql.join(calls, sql`, `)}`);
}

/** Shared: any number hold it together, none of them while somebody has it by `lockKeys`. An expression, to lock in passing. */
export function sharedLock(key: string): SQL {
  return sql`pg_advisory_xact_lock_shared(${lockId(key).toString()}::bigint)`;
}

/** 64 bits of a hash: two names share one about never, and would then only wait for each other. */
export function lockId(key: string): bigint {
  return createHash("sha256").update(key).digest().readBigInt64BE();
}
