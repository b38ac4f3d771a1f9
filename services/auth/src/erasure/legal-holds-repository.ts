import { and, asc, eq, inArray, isNull } from "drizzle-orm";
import { legalHolds } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredHold = typeof legalHolds.$inferSelect;

export async function insertHold(tx: Tx, hold: typeof legalHolds.$inferInsert): Promise<void> {
  await tx.insert(legalHolds).values(hold);
}

/** Those that are not lifted, oldest first. */
export function listOpenHolds(
  reads: Reads,
  memberId: string | undefined,
  limit: number,
): Promise<StoredHold[]> {
  return reads
    .select()
    .from(legalHolds)
    .where(
      and(
        isNull(legalHolds.liftedAt),
        memberId === undefined ? undefined : eq(legalHolds.memberId, memberId),
      ),
    )
    .orderBy(asc(legalHolds.id))
    .limit(limit);
}

/** Which of these members are held back. */
export async function listHeld(reads: Reads, memberIds: readonly string[]): Promise<Set<string>> {
  const rows = await reads
    .select({ memberId: legalHolds.memberId })
    .from(legalHolds)
    .where(and(inArray(legalHolds.memberId, [...memberIds]), isNull(legalHolds.liftedAt)));
  return new Set(rows.map(({ memberId }) => memberId));
}

/** One of a member's, without an id all of them; how many there were. */
export async function liftHolds(
  tx: Tx,
  { memberId, id }: { memberId: string; id?: string | undefined },
  liftedAt: Date,
): Promise<number> {
  const lifted = await tx
    .update(legalHolds)
    .set({ liftedAt })
    .where(
      and(
        eq(legalHolds.memberId, memberId),
        isNull(legalHolds.liftedAt),
        id === undefined ? undefined : eq(legalHolds.id, id),
      ),
    )
    .returning({ id: legalHolds.id });
  return lifted.length;
}
