import { createHash } from "node:crypto";
import { type AnyTransaction, lockKeys, sharedLock } from "@kismet/database";
import { sql } from "drizzle-orm";

const table = (schema: string) => sql`${sql.identifier(schema)}.tombstones`;

/**
 * Whoever applies what was said of members holds this shared, and looks for tombstones only after; whoever sets one up
 * holds it alone. So an event that is being applied has had its effect before the erasure begins, and is erased with the
 * rest, and any later one finds the tombstone.
 */
export function tombstonesLock(schema: string): string {
  return `${schema}/tombstones`;
}

/** An id holds 74 random bits: nobody finds it by its digest, but whoever has it can ask for it. */
export function tombstoneOf(memberId: string): string {
  return createHash("sha256").update(`kismet tombstone ${memberId.toLowerCase()}`).digest("base64url");
}

export async function holdTombstones(tx: AnyTransaction, schema: string): Promise<void> {
  await tx.execute(sql`SELECT ${sharedLock(tombstonesLock(schema))}`);
}

/** Those of the members who have been erased, or are about to be. */
export async function erasedAmong(
  tx: AnyTransaction,
  schema: string,
  memberIds: readonly string[],
): Promise<Set<string>> {
  const byDigest = new Map(memberIds.map((memberId) => [tombstoneOf(memberId), memberId]));
  if (byDigest.size === 0) return new Set();
  const { rows } = await tx.execute<{ digest: string }>(sql`
    SELECT digest FROM ${table(schema)} WHERE digest = ANY(${sql.param([...byDigest.keys()])}::text[])`);
  return new Set(rows.map(({ digest }) => byDigest.get(digest) ?? ""));
}

/** Whether this service has erased the member. For writes that no event brings, after what they lock is locked. */
export async function isErased(tx: AnyTransaction, schema: string, memberId: string): Promise<boolean> {
  return (await erasedAmong(tx, schema, [memberId])).size > 0;
}

/** Waits for all effects that are under way. Set up once, it stays. */
export async function setUpTombstone(
  tx: AnyTransaction,
  schema: string,
  { memberId, erasureId }: { memberId: string; erasureId: string },
): Promise<void> {
  await lockKeys(tx, tombstonesLock(schema));
  await tx.execute(sql`
    INSERT INTO ${table(schema)} (digest, erasure_id) VALUES (${tombstoneOf(memberId)}, ${erasureId})
    ON CONFLICT DO NOTHING`);
}

export type Tombstone = { erasureId: string; begunAt: string; receipt: unknown };

/** Until the transaction ends nobody else erases this member. */
export async function lockTombstone(
  tx: AnyTransaction,
  schema: string,
  memberId: string,
): Promise<Tombstone | undefined> {
  const { rows } = await tx.execute<Tombstone>(sql`
    SELECT erasure_id AS "erasureId", begun_at AS "begunAt", receipt FROM ${table(schema)}
    WHERE digest = ${tombstoneOf(memberId)} FOR UPDATE`);
  const [row] = rows;
  return row && { ...row, begunAt: new Date(row.begunAt).toISOString() };
}

/** For who has no more than the digest. */
export async function tombstoneReceipt(tx: AnyTransaction, schema: string, digest: string): Promise<unknown> {
  const { rows } = await tx.execute<{ receipt: unknown }>(
    sql`SELECT receipt FROM ${table(schema)} WHERE digest = ${digest}`,
  );
  return rows[0]?.receipt;
}

export async function engraveTombstone(
  tx: AnyTransaction,
  schema: string,
  memberId: string,
  receipt: unknown,
): Promise<void> {
  await tx.execute(sql`
    UPDATE ${table(schema)} SET receipt = ${JSON.stringify(receipt)}::jsonb
    WHERE digest = ${tombstoneOf(memberId)}`);
}
