import { and, desc, eq, gt, lt, sql } from "drizzle-orm";
import { passwordResets } from "../schema.ts";
import type { SentMails } from "../signin/decide-code-budget.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredReset = typeof passwordResets.$inferSelect;

export async function insertReset(tx: Tx, reset: typeof passwordResets.$inferInsert): Promise<void> {
  await tx.insert(passwordResets).values(reset);
}

export async function findReset(reads: Reads, tokenHash: string): Promise<StoredReset | undefined> {
  const [row] = await reads.select().from(passwordResets).where(eq(passwordResets.tokenHash, tokenHash));
  return row;
}

/** The one that was made for this letter, else the last one. */
export async function findResetOf(
  reads: Reads,
  memberId: string,
  letterId: string,
): Promise<StoredReset | undefined> {
  const [row] = await reads
    .select()
    .from(passwordResets)
    .where(eq(passwordResets.memberId, memberId))
    .orderBy(sql`${passwordResets.letterId} = ${letterId} DESC NULLS LAST`, desc(passwordResets.createdAt))
    .limit(1);
  return row;
}

/** How many were made: one that was made again for the same letter counts once. */
export async function countResets(
  tx: Tx,
  memberId: string,
  familiar: boolean,
  since: { hour: Date; day: Date },
): Promise<SentMails> {
  const sent = sql<number>`count(DISTINCT ${passwordResets.letterId})`;
  const [row] = await tx
    .select({
      lastHour: sql<number>`(${sent} FILTER (WHERE ${gt(passwordResets.createdAt, since.hour)}))::int`,
      lastDay: sql<number>`${sent}::int`,
    })
    .from(passwordResets)
    .where(
      and(
        eq(passwordResets.memberId, memberId),
        eq(passwordResets.familiar, familiar),
        gt(passwordResets.createdAt, since.day),
      ),
    );
  return row ?? { lastHour: 0, lastDay: 0 };
}

/** All of them: one was used, or the password is another by now. */
export async function deleteReset(tx: Tx, memberId: string): Promise<void> {
  await tx.delete(passwordResets).where(eq(passwordResets.memberId, memberId));
}

export async function deleteResetsBefore(tx: Tx, before: Date): Promise<void> {
  await tx.delete(passwordResets).where(lt(passwordResets.createdAt, before));
}
