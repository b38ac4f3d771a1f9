import { lockKeys } from "@kismet/database";
import { and, eq, lt, notExists, sql } from "drizzle-orm";
import { accounts, signups } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredAccount = typeof accounts.$inferSelect;

export async function findAccount(reads: Reads, memberId: string): Promise<StoredAccount | undefined> {
  const [row] = await reads.select().from(accounts).where(eq(accounts.memberId, memberId));
  return row;
}

export async function findAccountByEmail(reads: Reads, email: string): Promise<StoredAccount | undefined> {
  const [row] = await reads.select().from(accounts).where(eq(accounts.email, email));
  return row;
}

/** Until the transaction ends nobody else changes anything of this member's. */
export async function lockAccount(tx: Tx, memberId: string): Promise<StoredAccount | undefined> {
  const [row] = await tx.select().from(accounts).where(eq(accounts.memberId, memberId)).for("update");
  return row;
}

export async function lockAccountByEmail(tx: Tx, email: string): Promise<StoredAccount | undefined> {
  const [row] = await tx.select().from(accounts).where(eq(accounts.email, email)).for("update");
  return row;
}

/** Until the transaction ends nobody else gives this address to an account. After the lock of an own account. */
export async function lockAddress(tx: Tx, email: string): Promise<void> {
  await lockKeys(tx, `auth/address/${email}`);
}

/** Everybody with a role. */
export async function listStaff(reads: Reads): Promise<string[]> {
  const rows = await reads
    .select({ memberId: accounts.memberId })
    .from(accounts)
    .where(sql`cardinality(${accounts.roles}) > 0`);
  return rows.map(({ memberId }) => memberId);
}

/** Does nothing if the address has an account. */
export async function insertAccount(tx: Tx, account: typeof accounts.$inferInsert): Promise<void> {
  await tx.insert(accounts).values(account).onConflictDoNothing({ target: accounts.email });
}

/** With all that belongs to it. */
export async function deleteAccountOf(tx: Tx, memberId: string): Promise<void> {
  await tx.delete(accounts).where(eq(accounts.memberId, memberId));
}

export async function updateAccount(
  tx: Tx,
  memberId: string,
  change: Partial<typeof accounts.$inferInsert>,
): Promise<void> {
  await tx.update(accounts).set(change).where(eq(accounts.memberId, memberId));
}

/** Those that no sign-up waits for any more. */
export async function deleteUnverifiedBefore(tx: Tx, before: Date): Promise<void> {
  const waiting = tx.select().from(signups).where(eq(signups.memberId, accounts.memberId));
  await tx
    .delete(accounts)
    .where(and(eq(accounts.status, "unverified"), lt(accounts.createdAt, before), notExists(waiting)));
}
