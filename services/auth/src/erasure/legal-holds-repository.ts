import { and, eq, isNull } from "drizzle-orm";
import { legalHolds } from "../schema.ts";
import type { Tx } from "../storage.ts";

export async function insertHold(tx: Tx, hold: typeof legalHolds.$inferInsert): Promise<void> {
  await tx.insert(legalHolds).values(hold);
}

export async function liftHolds(tx: Tx, memberId: string, liftedAt: Date): Promise<number> {
  const lifted = await tx
    .update(legalHolds)
    .set({ liftedAt })
    .where(and(eq(legalHolds.memberId, memberId), isNull(legalHolds.liftedAt)))
    .returning({ id: legalHolds.id });
  return lifted.length;
}
