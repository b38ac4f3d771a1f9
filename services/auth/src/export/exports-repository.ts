import { and, asc, count, desc, eq, gt, inArray, isNotNull, lt, lte, min, ne, sql } from "drizzle-orm";
import { exportChunks, exports } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredExport = typeof exports.$inferSelect;

/** How many a member has asked for since, and when the first of these was. */
export async function countSince(
  tx: Tx,
  memberId: string,
  since: Date,
): Promise<{ asked: number; first: Date | null }> {
  const [row] = await tx
    .select({ asked: count(), first: min(exports.requestedAt) })
    .from(exports)
    .where(and(eq(exports.memberId, memberId), gt(exports.requestedAt, since)));
  return { asked: row?.asked ?? 0, first: row?.first ?? null };
}

export async function insertExport(tx: Tx, row: typeof exports.$inferInsert): Promise<StoredExport> {
  const [inserted] = await tx.insert(exports).values(row).returning();
  if (!inserted) throw new Error("an insert returns its row");
  return inserted;
}

export function listExports(reads: Reads, memberId: string, limit: number): Promise<StoredExport[]> {
  return reads
    .select()
    .from(exports)
    .where(eq(exports.memberId, memberId))
    .orderBy(desc(exports.requestedAt))
    .limit(limit);
}

export async function findExport(
  reads: Reads,
  { id, memberId }: { id: string; memberId: string },
): Promise<StoredExport | undefined> {
  const [row] = await reads
    .select()
    .from(exports)
    .where(and(eq(exports.id, id), eq(exports.memberId, memberId)));
  return row;
}

/** Whoever's it is: the proof in the token must be of its account. */
export async function findExportOfToken(reads: Reads, id: string): Promise<StoredExport | undefined> {
  const [row] = await reads.select().from(exports).where(eq(exports.id, id));
  return row;
}

/** What is taken is written by `writer` from here on: whoever had it before has lost it. */
export async function takeDueExports(
  tx: Tx,
  { now, leaseEnds, writer, limit }: { now: Date; leaseEnds: Date; writer: string; limit: number },
): Promise<StoredExport[]> {
  const due = tx
    .select({ id: exports.id })
    .from(exports)
    .where(lte(exports.nextAttemptAt, now))
    .orderBy(asc(exports.nextAttemptAt))
    .limit(limit)
    .for("update", { skipLocked: true });
  return tx
    .update(exports)
    .set({ nextAttemptAt: leaseEnds, attempts: sql`${exports.attempts} + 1`, writer })
    .where(inArray(exports.id, due))
    .returning();
}

/** Null gives it up. Does nothing, and says so, if another has taken it meanwhile. */
export async function postponeExport(
  reads: Reads,
  { id, writer }: { id: string; writer: string },
  nextAttemptAt: Date | null,
): Promise<boolean> {
  const postponed = await reads
    .update(exports)
    .set({ nextAttemptAt })
    .where(and(eq(exports.id, id), eq(exports.writer, writer)))
    .returning({ id: exports.id });
  return postponed.length > 0;
}

/** False if another has taken it meanwhile: what this one has written is then nobody's. */
export async function finishExport(
  tx: Tx,
  { id, writer }: { id: string; writer: string },
  done: { byteCount: number; readyAt: Date; expiresAt: Date },
): Promise<boolean> {
  const finished = await tx
    .update(exports)
    .set({ ...done, nextAttemptAt: null })
    .where(and(eq(exports.id, id), eq(exports.writer, writer), isNotNull(exports.nextAttemptAt)))
    .returning({ id: exports.id });
  if (finished.length === 0) return false;
  await tx.delete(exportChunks).where(and(eq(exportChunks.exportId, id), ne(exportChunks.writer, writer)));
  return true;
}

export async function insertChunk(reads: Reads, chunk: typeof exportChunks.$inferInsert): Promise<void> {
  await reads.insert(exportChunks).values(chunk);
}

export async function findChunk(
  reads: Reads,
  { exportId, writer, seq }: { exportId: string; writer: string; seq: number },
): Promise<Buffer | undefined> {
  const [row] = await reads
    .select({ sealed: exportChunks.sealed })
    .from(exportChunks)
    .where(
      and(eq(exportChunks.exportId, exportId), eq(exportChunks.writer, writer), eq(exportChunks.seq, seq)),
    );
  return row?.sealed;
}

export async function deleteChunksOf(reads: Reads, exportId: string, writer: string): Promise<void> {
  await reads
    .delete(exportChunks)
    .where(and(eq(exportChunks.exportId, exportId), eq(exportChunks.writer, writer)));
}

/** What has expired is emptied, what is older than `rowsBefore` forgotten. */
export async function deleteExpiredExports(tx: Tx, now: Date, rowsBefore: Date): Promise<void> {
  const expired = tx.select({ id: exports.id }).from(exports).where(lt(exports.expiresAt, now));
  await tx.delete(exportChunks).where(inArray(exportChunks.exportId, expired));
  await tx.delete(exports).where(lt(exports.requestedAt, rowsBefore));
}
