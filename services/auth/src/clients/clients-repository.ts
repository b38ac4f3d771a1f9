import { and, count, desc, eq } from "drizzle-orm";
import { clientKeys, clients } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredClient = typeof clients.$inferSelect;
export type StoredKey = typeof clientKeys.$inferSelect;

/** Does nothing, and says so, if the name is taken. */
export async function insertClient(tx: Tx, client: typeof clients.$inferInsert): Promise<boolean> {
  const inserted = await tx
    .insert(clients)
    .values(client)
    .onConflictDoNothing({ target: clients.name })
    .returning({ id: clients.id });
  return inserted.length > 0;
}

export async function countClients(reads: Reads): Promise<number> {
  const [row] = await reads.select({ count: count() }).from(clients);
  return row?.count ?? 0;
}

/** Until the transaction ends nobody else changes the client or its keys. */
export async function lockClient(tx: Tx, id: string): Promise<StoredClient | undefined> {
  const [row] = await tx.select().from(clients).where(eq(clients.id, id)).for("update");
  return row;
}

export async function updateClient(
  tx: Tx,
  id: string,
  change: Partial<typeof clients.$inferInsert>,
): Promise<void> {
  await tx.update(clients).set(change).where(eq(clients.id, id));
}

export async function findClients(reads: Reads): Promise<(StoredClient & { keys: StoredKey[] })[]> {
  const rows = await reads.select().from(clients).orderBy(desc(clients.createdAt), desc(clients.id));
  const keys = await reads.select().from(clientKeys).orderBy(clientKeys.createdAt, clientKeys.id);
  return rows.map((client) => ({ ...client, keys: keys.filter(({ clientId }) => clientId === client.id) }));
}

export async function findKeys(reads: Reads, clientId: string): Promise<StoredKey[]> {
  return reads
    .select()
    .from(clientKeys)
    .where(eq(clientKeys.clientId, clientId))
    .orderBy(clientKeys.createdAt, clientKeys.id);
}

export async function insertKey(tx: Tx, key: typeof clientKeys.$inferInsert): Promise<void> {
  await tx.insert(clientKeys).values(key);
}

export async function deleteKey(tx: Tx, clientId: string, id: string): Promise<boolean> {
  const deleted = await tx
    .delete(clientKeys)
    .where(and(eq(clientKeys.clientId, clientId), eq(clientKeys.id, id)))
    .returning({ id: clientKeys.id });
  return deleted.length > 0;
}

export async function deleteKeys(tx: Tx, clientId: string): Promise<void> {
  await tx.delete(clientKeys).where(eq(clientKeys.clientId, clientId));
}
