import { and, asc, count, eq } from "drizzle-orm";
import type { OidcProvider } from "@kismet/contracts";
import { identities } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredIdentity = typeof identities.$inferSelect;

export async function findIdentity(
  reads: Reads,
  provider: OidcProvider,
  subject: string,
): Promise<StoredIdentity | undefined> {
  const [row] = await reads
    .select()
    .from(identities)
    .where(and(eq(identities.provider, provider), eq(identities.subject, subject)));
  return row;
}

export function listIdentities(reads: Reads, memberId: string): Promise<StoredIdentity[]> {
  return reads
    .select()
    .from(identities)
    .where(eq(identities.memberId, memberId))
    .orderBy(asc(identities.createdAt))
    .limit(100);
}

export async function countIdentities(reads: Reads, memberId: string): Promise<number> {
  const [row] = await reads.select({ n: count() }).from(identities).where(eq(identities.memberId, memberId));
  return row?.n ?? 0;
}

/** Nothing if the provider's account, or one of that provider's with this member, is there already. */
export async function insertIdentity(tx: Tx, identity: StoredIdentity): Promise<StoredIdentity | undefined> {
  const [row] = await tx.insert(identities).values(identity).onConflictDoNothing().returning();
  return row;
}

/** What the provider says of somebody now. A name is said once, and then kept. */
export async function updateIdentity(
  tx: Tx,
  id: string,
  change: Partial<Pick<StoredIdentity, "email" | "lastUsedAt">>,
): Promise<void> {
  await tx.update(identities).set(change).where(eq(identities.id, id));
}

export async function deleteIdentity(
  tx: Tx,
  memberId: string,
  id: string,
): Promise<StoredIdentity | undefined> {
  const [row] = await tx
    .delete(identities)
    .where(and(eq(identities.memberId, memberId), eq(identities.id, id)))
    .returning();
  return row;
}
