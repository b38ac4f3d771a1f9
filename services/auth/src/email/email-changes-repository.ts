import { and, count, desc, eq, gt, gte, isNotNull, isNull, lt, ne, or, sql } from "drizzle-orm";
import { emailChanges, identities, passkeys, recoveryCodes, totps } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredEmailChange = typeof emailChanges.$inferSelect;

/** Latest first. */
export function listEmailChanges(reads: Reads, memberId: string): Promise<StoredEmailChange[]> {
  return reads
    .select()
    .from(emailChanges)
    .where(eq(emailChanges.memberId, memberId))
    .orderBy(desc(emailChanges.id))
    .limit(500);
}

export async function findEmailChange(
  reads: Reads,
  by: { linkHash: string } | { undoHash: string },
): Promise<StoredEmailChange | undefined> {
  const [row] = await reads
    .select()
    .from(emailChanges)
    .where(
      "linkHash" in by ? eq(emailChanges.linkHash, by.linkHash) : eq(emailChanges.undoHash, by.undoHash),
    );
  return row;
}

export async function saveEmailChange(tx: Tx, change: StoredEmailChange): Promise<void> {
  const { id: _, memberId: _m, ...set } = change;
  await tx.insert(emailChanges).values(change).onConflictDoUpdate({ target: emailChanges.id, set });
}

export async function countWrongCode(tx: Tx, id: string): Promise<void> {
  await tx
    .update(emailChanges)
    .set({ triesLeft: sql`${emailChanges.triesLeft} - 1` })
    .where(eq(emailChanges.id, id));
}

/** How often was asked since then. */
export async function countEmailChanges(
  tx: Tx,
  { memberId, newEmail, since }: { memberId: string; newEmail: string; since: Date },
): Promise<{ byMember: number; forAddress: number }> {
  const [row] = await tx
    .select({
      byMember: sql<number>`count(*) FILTER (WHERE ${emailChanges.memberId} = ${memberId})`.mapWith(Number),
      forAddress: sql<number>`count(*) FILTER (WHERE ${emailChanges.newEmail} = ${newEmail})`.mapWith(Number),
    })
    .from(emailChanges)
    .where(
      and(
        or(eq(emailChanges.memberId, memberId), eq(emailChanges.newEmail, newEmail)),
        gt(emailChanges.requestedAt, since),
      ),
    );
  return row ?? { byMember: 0, forAddress: 0 };
}

export async function closePendingChanges(tx: Tx, memberId: string, now: Date): Promise<void> {
  await tx
    .update(emailChanges)
    .set({ closedAt: now })
    .where(
      and(
        eq(emailChanges.memberId, memberId),
        isNull(emailChanges.confirmedAt),
        isNull(emailChanges.closedAt),
      ),
    );
}

/** Those that were confirmed then or later: with the first of them undone, none of them can be. */
export async function closeChangesSince(tx: Tx, memberId: string, since: Date, now: Date): Promise<void> {
  await tx
    .update(emailChanges)
    .set({ closedAt: now })
    .where(
      and(
        eq(emailChanges.memberId, memberId),
        gte(emailChanges.confirmedAt, since),
        isNull(emailChanges.closedAt),
      ),
    );
}

/** Whether a member can still get the address back, and nobody else have it. */
export async function isAddressKept(
  reads: Reads,
  { email, since, except }: { email: string; since: Date; except?: string },
): Promise<boolean> {
  const [row] = await reads
    .select({ n: count() })
    .from(emailChanges)
    .where(
      and(
        eq(emailChanges.oldEmail, email),
        isNotNull(emailChanges.undoHash),
        gt(emailChanges.confirmedAt, since),
        isNull(emailChanges.closedAt),
        except === undefined ? undefined : ne(emailChanges.memberId, except),
      ),
    );
  return (row?.n ?? 0) > 0;
}

/** Ways to sign in, second factors, and the codes that stand in for them, that were added or renewed since then. */
export async function deleteFactorsSince(tx: Tx, memberId: string, since: Date): Promise<void> {
  await tx.delete(passkeys).where(and(eq(passkeys.memberId, memberId), gte(passkeys.createdAt, since)));
  await tx.delete(identities).where(and(eq(identities.memberId, memberId), gte(identities.createdAt, since)));
  await tx.delete(totps).where(and(eq(totps.memberId, memberId), gte(totps.createdAt, since)));
  await tx
    .delete(recoveryCodes)
    .where(and(eq(recoveryCodes.memberId, memberId), gte(recoveryCodes.createdAt, since)));
}

export async function deleteEmailChangesBefore(tx: Tx, before: Date): Promise<void> {
  await tx.delete(emailChanges).where(lt(emailChanges.requestedAt, before));
}
