import { and, count, eq, isNotNull } from "drizzle-orm";
import { findAccount } from "../accounts/accounts-repository.ts";
import { countPasskeys } from "../passkeys/passkeys-repository.ts";
import { recoveryCodes, totps } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredTotp = typeof totps.$inferSelect;

/** What can be asked for beside the first proof. */
export async function factorsOf(
  reads: Reads,
  memberId: string,
): Promise<{ hasTotp: boolean; recoveryCodesLeft: number; hasPasskey: boolean; hasPassword: boolean }> {
  const [totp] = await reads
    .select({ memberId: totps.memberId })
    .from(totps)
    .where(and(eq(totps.memberId, memberId), isNotNull(totps.confirmedAt)));
  return {
    hasTotp: totp !== undefined,
    recoveryCodesLeft: totp ? await countRecoveryCodes(reads, memberId) : 0,
    hasPasskey: (await countPasskeys(reads, memberId)) > 0,
    hasPassword: (await findAccount(reads, memberId))?.passwordHash != null,
  };
}

export async function findTotp(reads: Reads, memberId: string): Promise<StoredTotp | undefined> {
  const [row] = await reads.select().from(totps).where(eq(totps.memberId, memberId));
  return row;
}

/** Takes the place of one that was not confirmed. */
export async function saveTotp(tx: Tx, totp: StoredTotp): Promise<void> {
  const { memberId: _, ...set } = totp;
  await tx.insert(totps).values(totp).onConflictDoUpdate({ target: totps.memberId, set });
}

export async function updateTotp(
  tx: Tx,
  memberId: string,
  change: { lastStep: number; confirmedAt?: Date },
): Promise<void> {
  await tx.update(totps).set(change).where(eq(totps.memberId, memberId));
}

/** With the recovery codes, which stand in for it. */
export async function deleteTotp(tx: Tx, memberId: string): Promise<boolean> {
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.memberId, memberId));
  const removed = await tx.delete(totps).where(eq(totps.memberId, memberId)).returning();
  return removed.some(({ confirmedAt }) => confirmedAt !== null);
}

export async function countRecoveryCodes(reads: Reads, memberId: string): Promise<number> {
  const [row] = await reads
    .select({ n: count() })
    .from(recoveryCodes)
    .where(eq(recoveryCodes.memberId, memberId));
  return row?.n ?? 0;
}

export async function replaceRecoveryCodes(
  tx: Tx,
  memberId: string,
  codeHashes: readonly string[],
  now: Date,
): Promise<void> {
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.memberId, memberId));
  if (codeHashes.length === 0) return;
  await tx
    .insert(recoveryCodes)
    .values(codeHashes.map((codeHash) => ({ memberId, codeHash, createdAt: now })));
}

/** Whether it was there: whoever deletes it has used it. */
export async function takeRecoveryCode(tx: Tx, memberId: string, codeHash: string): Promise<boolean> {
  const taken = await tx
    .delete(recoveryCodes)
    .where(and(eq(recoveryCodes.memberId, memberId), eq(recoveryCodes.codeHash, codeHash)))
    .returning({ codeHash: recoveryCodes.codeHash });
  return taken.length > 0;
}
