import { desc, eq, lt } from "drizzle-orm";
import { signingKeys } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredKey = typeof signingKeys.$inferSelect;

/** Newest first. */
export function listKeys(reads: Reads): Promise<StoredKey[]> {
  return reads.select().from(signingKeys).orderBy(desc(signingKeys.createdAt)).limit(16);
}

export async function insertKey(tx: Tx, key: StoredKey): Promise<void> {
  await tx.insert(signingKeys).values(key);
}

export async function deleteKey(tx: Tx, kid: string): Promise<boolean> {
  const deleted = await tx
    .delete(signingKeys)
    .where(eq(signingKeys.kid, kid))
    .returning({ kid: signingKeys.kid });
  return deleted.length > 0;
}

export async function deleteKeysBefore(tx: Tx, before: Date): Promise<void> {
  await tx.delete(signingKeys).where(lt(signingKeys.createdAt, before));
}
