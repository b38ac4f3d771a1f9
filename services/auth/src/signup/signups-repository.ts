import { and, asc, desc, eq, gt, lt, sql } from "drizzle-orm";
import { signups } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredSignup = typeof signups.$inferSelect;

/** Latest first. */
export function listSignups(tx: Tx, memberId: string): Promise<StoredSignup[]> {
  return tx
    .select()
    .from(signups)
    .where(eq(signups.memberId, memberId))
    .orderBy(desc(signups.createdAt), asc(signups.id))
    .limit(100);
}

export async function findSignup(reads: Reads, id: string): Promise<StoredSignup | undefined> {
  const [row] = await reads.select().from(signups).where(eq(signups.id, id));
  return row;
}

export async function saveSignup(tx: Tx, signup: StoredSignup): Promise<void> {
  const { codeHash, codeLetterId, triesLeft, othersTriesLeft, passwordTriesLeft, codeSentAt } = signup;
  await tx.insert(signups).values(signup).onConflictDoUpdate({
    target: signups.id,
    set: { codeHash, codeLetterId, triesLeft, othersTriesLeft, passwordTriesLeft, codeSentAt },
  });
}

/**
 * A wrong code counts against every sign-up with the address, since it was tried on all of them: against those from the same
 * network as from there, against the others as from elsewhere.
 */
export async function countWrongCode(tx: Tx, memberId: string, asker: string): Promise<void> {
  const isOwn = sql`${signups.asker} IS NOT DISTINCT FROM ${asker}`;
  await tx
    .update(signups)
    .set({
      triesLeft: sql`CASE WHEN ${isOwn} THEN greatest(${signups.triesLeft} - 1, 0) ELSE ${signups.triesLeft} END`,
      othersTriesLeft: sql`CASE WHEN ${isOwn} THEN ${signups.othersTriesLeft} ELSE greatest(${signups.othersTriesLeft} - 1, 0) END`,
    })
    .where(eq(signups.memberId, memberId));
}

/** Of who has the code or the link of this one. */
export async function countWrongPassword(tx: Tx, id: string): Promise<void> {
  await tx
    .update(signups)
    .set({ passwordTriesLeft: sql`${signups.passwordTriesLeft} - 1` })
    .where(and(eq(signups.id, id), gt(signups.passwordTriesLeft, 0)));
}

export async function deleteSignups(tx: Tx, memberId: string): Promise<void> {
  await tx.delete(signups).where(eq(signups.memberId, memberId));
}

export async function deleteSignupsBefore(tx: Tx, before: Date): Promise<void> {
  await tx.delete(signups).where(lt(signups.createdAt, before));
}
