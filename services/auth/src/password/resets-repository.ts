import { eq, lt } from "drizzle-orm";
import { passwordResets } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredReset = typeof passwordResets.$inferSelect;

/** Takes the place of an earlier one. */
export async function saveReset(tx: Tx, reset: StoredReset): Promise<void> {
  const { tokenHash, letterId, createdAt } = reset;
  await tx
    .insert(passwordResets)
    .values(reset)
    .onConflictDoUpdate({ target: passwordResets.memberId, set: { tokenHash, letterId, createdAt } });
}

export async function findReset(reads: Reads, tokenHash: string): Promise<StoredReset | undefined> {
  const [row] = await reads.select().from(passwordResets).where(eq(passwordResets.tokenHash, tokenHash));
  return row;
}

export async function findResetOf(reads: Reads, memberId: string): Promise<StoredReset | undefined> {
  const [row] = await reads.select().from(passwordResets).where(eq(passwordResets.memberId, memberId));
  return row;
}

export async function deleteReset(tx: Tx, memberId: string): Promise<void> {
  await tx.delete(passwordResets).where(eq(passwordResets.memberId, memberId));
}

export async function deleteResetsBefore(tx: Tx, before: Date): Promise<void> {
  await tx.delete(passwordResets).where(lt(passwordResets.createdAt, before));
}
