import { and, asc, count, eq, gt, isNull, lt } from "drizzle-orm";
import { passkeyChallenges, passkeys } from "../schema.ts";
import type { AuthDatabase, Reads, Tx } from "../storage.ts";

export type StoredPasskey = typeof passkeys.$inferSelect;
export type StoredPasskeyChallenge = typeof passkeyChallenges.$inferSelect;

/** Oldest first. */
export function listPasskeys(reads: Reads, memberId: string): Promise<StoredPasskey[]> {
  return reads
    .select()
    .from(passkeys)
    .where(eq(passkeys.memberId, memberId))
    .orderBy(asc(passkeys.createdAt))
    .limit(100);
}

export async function findPasskeyByCredential(
  reads: Reads,
  credentialId: string,
): Promise<StoredPasskey | undefined> {
  const [row] = await reads.select().from(passkeys).where(eq(passkeys.credentialId, credentialId));
  return row;
}

/** Those that can be used. */
export async function countPasskeys(reads: Reads, memberId: string): Promise<number> {
  const [row] = await reads
    .select({ n: count() })
    .from(passkeys)
    .where(and(eq(passkeys.memberId, memberId), isNull(passkeys.suspendedAt)));
  return row?.n ?? 0;
}

/** Whether it was new: a credential belongs to one member, once. */
export async function insertPasskey(tx: Tx, passkey: StoredPasskey): Promise<boolean> {
  const inserted = await tx
    .insert(passkeys)
    .values(passkey)
    .onConflictDoNothing({ target: passkeys.credentialId })
    .returning({ id: passkeys.id });
  return inserted.length > 0;
}

export async function updatePasskey(
  tx: Tx,
  { memberId, id }: { memberId: string; id: string },
  change: Partial<Pick<StoredPasskey, "name" | "counter" | "backedUp" | "lastUsedAt" | "suspendedAt">>,
): Promise<StoredPasskey | undefined> {
  const [row] = await tx.update(passkeys).set(change).where(ownedBy(memberId, id)).returning();
  return row;
}

export async function deletePasskey(
  tx: Tx,
  memberId: string,
  id: string,
): Promise<StoredPasskey | undefined> {
  const [row] = await tx.delete(passkeys).where(ownedBy(memberId, id)).returning();
  return row;
}

export async function insertPasskeyChallenge(
  { read }: Pick<AuthDatabase, "read">,
  challenge: StoredPasskeyChallenge,
): Promise<void> {
  await read.insert(passkeyChallenges).values(challenge);
}

/** For good, whatever the answer to it is: of several answers at once one finds it. */
export async function takePasskeyChallenge(
  { read }: Pick<AuthDatabase, "read">,
  id: string,
  now: Date,
): Promise<StoredPasskeyChallenge | undefined> {
  const [row] = await read
    .delete(passkeyChallenges)
    .where(and(eq(passkeyChallenges.id, id), gt(passkeyChallenges.expiresAt, now)))
    .returning();
  return row;
}

export async function deletePasskeyChallengesBefore(tx: Tx, before: Date): Promise<void> {
  await tx.delete(passkeyChallenges).where(lt(passkeyChallenges.expiresAt, before));
}

function ownedBy(memberId: string, id: string) {
  return and(eq(passkeys.memberId, memberId), eq(passkeys.id, id));
}
