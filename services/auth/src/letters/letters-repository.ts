import { eq, inArray, lte, sql } from "drizzle-orm";
import { letters } from "../schema.ts";
import type { AuthDatabase, Tx } from "../storage.ts";

export type StoredLetter = typeof letters.$inferSelect;

export async function insertLetter(tx: Tx, letter: typeof letters.$inferInsert): Promise<void> {
  await tx.insert(letters).values(letter);
}

/** What the column holds: a letter that was tried so often must not keep all others from being taken. */
const mostAttempts = 32_767;

/** Takes those that are due, each until `leaseEnds`: should this process end, another goes on with them then. */
export async function takeDueLetters(
  tx: Tx,
  now: Date,
  leaseEnds: Date,
  limit: number,
): Promise<StoredLetter[]> {
  const due = tx
    .select({ id: letters.id })
    .from(letters)
    .where(lte(letters.nextAttemptAt, now))
    .orderBy(letters.nextAttemptAt)
    .limit(limit)
    .for("update", { skipLocked: true });
  return tx
    .update(letters)
    .set({ nextAttemptAt: leaseEnds, attempts: sql`least(${letters.attempts} + 1, ${mostAttempts})` })
    .where(inArray(letters.id, due))
    .returning();
}

export async function postponeLetter(database: AuthDatabase, id: string, until: Date): Promise<void> {
  await database.read.update(letters).set({ nextAttemptAt: until }).where(eq(letters.id, id));
}

export async function deleteLetter(database: AuthDatabase, id: string): Promise<void> {
  await database.read.delete(letters).where(eq(letters.id, id));
}
