import { lt, sql } from "drizzle-orm";
import { guesses } from "../schema.ts";
import type { Tx } from "../storage.ts";
import { open } from "./decide-guess.ts";

export type StoredGuesses = typeof guesses.$inferSelect;

/** Gives and locks all of them, always in the same order, so that two who want the same never wait for each other. */
export async function lockGuesses(
  tx: Tx,
  keys: readonly string[],
  now: Date,
): Promise<Map<string, StoredGuesses>> {
  const rows = await tx
    .insert(guesses)
    .values([...keys].sort().map((key) => ({ key, failures: 0, failedAt: now, closedUntil: open })))
    .onConflictDoUpdate({ target: guesses.key, set: { key: sql`excluded.key` } })
    .returning();
  return new Map(rows.map((row) => [row.key, row]));
}

export async function saveGuesses(tx: Tx, counters: readonly StoredGuesses[]): Promise<void> {
  await tx
    .insert(guesses)
    .values([...counters].sort((a, b) => (a.key < b.key ? -1 : 1)))
    .onConflictDoUpdate({
      target: guesses.key,
      set: {
        failures: sql`excluded.failures`,
        failedAt: sql`excluded.failed_at`,
        closedUntil: sql`excluded.closed_until`,
      },
    });
}

export async function deleteGuessesBefore(tx: Tx, before: Date): Promise<void> {
  await tx.delete(guesses).where(lt(guesses.failedAt, before));
}
