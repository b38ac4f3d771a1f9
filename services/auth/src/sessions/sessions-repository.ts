import type { SignInMethod } from "@kismet/contracts";
import { and, asc, desc, eq, gt, isNull, lt, ne, sql } from "drizzle-orm";
import { sessions } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredSession = typeof sessions.$inferSelect;

export async function insertSession(tx: Tx, session: StoredSession): Promise<void> {
  await tx.insert(sessions).values(session);
}

export async function findSession(reads: Reads, id: string): Promise<StoredSession | undefined> {
  const [row] = await reads.select().from(sessions).where(eq(sessions.id, id));
  return row;
}

/** One of this member's, if it goes on. */
export async function findRunning(
  reads: Reads,
  memberId: string,
  id: string | null,
): Promise<StoredSession | undefined> {
  if (id === null) return undefined;
  const [row] = await reads
    .select()
    .from(sessions)
    .where(and(isRunning(memberId), eq(sessions.id, id)));
  return row;
}

/** Those that go on, the last seen first. */
export function listRunning(
  reads: Reads,
  memberId: string,
  now: Date,
  limit: number,
): Promise<StoredSession[]> {
  return reads
    .select()
    .from(sessions)
    .where(and(isRunning(memberId), gt(sessions.expiresAt, now)))
    .orderBy(desc(sessions.rotatedAt))
    .limit(limit);
}

export async function rotateSession(
  tx: Tx,
  id: string,
  change: { generation: number; rotatedAt: Date; expiresAt: Date; place: string | null },
): Promise<void> {
  await tx.update(sessions).set(change).where(eq(sessions.id, id));
}

/** Whether the session goes on; its methods are those by which it was ever authenticated. */
export async function refreshAuthentication(
  tx: Tx,
  { memberId, id, method, now }: { memberId: string; id: string; method: SignInMethod; now: Date },
): Promise<boolean> {
  const methods = sql`CASE WHEN ${method} = ANY(${sessions.methods}) THEN ${sessions.methods}
    ELSE array_append(${sessions.methods}, ${method}) END`;
  const changed = await tx
    .update(sessions)
    .set({ authenticatedAt: now, methods })
    .where(and(isRunning(memberId), eq(sessions.id, id)))
    .returning({ id: sessions.id });
  return changed.length > 0;
}

/** Gives those that had not ended yet. */
export async function endSession(tx: Tx, memberId: string, id: string, now: Date): Promise<string[]> {
  const ended = await tx
    .update(sessions)
    .set({ endedAt: now })
    .where(and(isRunning(memberId), eq(sessions.id, id)))
    .returning({ id: sessions.id });
  return ended.map((session) => session.id);
}

export async function endAllSessions(
  tx: Tx,
  memberId: string,
  now: Date,
  except?: string,
): Promise<string[]> {
  const ended = await tx
    .update(sessions)
    .set({ endedAt: now })
    .where(and(isRunning(memberId), except === undefined ? undefined : ne(sessions.id, except)))
    .returning({ id: sessions.id });
  return ended.map((session) => session.id);
}

export async function deleteSessionsBefore(tx: Tx, before: Date): Promise<void> {
  await tx.delete(sessions).where(lt(sessions.expiresAt, before));
}

export async function listLeastSeen(tx: Tx, memberId: string): Promise<string[]> {
  const rows = await tx
    .select({ id: sessions.id })
    .from(sessions)
    .where(isRunning(memberId))
    .orderBy(asc(sessions.rotatedAt));
  return rows.map((session) => session.id);
}

function isRunning(memberId: string) {
  return and(eq(sessions.memberId, memberId), isNull(sessions.endedAt));
}
