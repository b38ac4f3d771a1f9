import { and, eq, gt, lt } from "drizzle-orm";
import { oidcFlows } from "../schema.ts";
import type { AuthDatabase, Tx } from "../storage.ts";

export type StoredFlow = typeof oidcFlows.$inferSelect;

export async function insertFlow({ read }: Pick<AuthDatabase, "read">, flow: StoredFlow): Promise<void> {
  await read.insert(oidcFlows).values(flow);
}

export async function findFlow(
  { read }: Pick<AuthDatabase, "read">,
  stateHash: string,
  now: Date,
): Promise<StoredFlow | undefined> {
  const [row] = await read.select().from(oidcFlows).where(isOpen(stateHash, now));
  return row;
}

/** For good: of several who bring the same state one finds it. */
export async function takeFlow(
  { read }: Pick<AuthDatabase, "read">,
  stateHash: string,
  now: Date,
): Promise<StoredFlow | undefined> {
  const [row] = await read.delete(oidcFlows).where(isOpen(stateHash, now)).returning();
  return row;
}

export async function nameFlow(
  { read }: Pick<AuthDatabase, "read">,
  stateHash: string,
  givenName: string,
): Promise<void> {
  await read.update(oidcFlows).set({ givenName }).where(eq(oidcFlows.stateHash, stateHash));
}

export async function deleteFlowsBefore(tx: Tx, before: Date): Promise<void> {
  await tx.delete(oidcFlows).where(lt(oidcFlows.expiresAt, before));
}

function isOpen(stateHash: string, now: Date) {
  return and(eq(oidcFlows.stateHash, stateHash), gt(oidcFlows.expiresAt, now));
}
