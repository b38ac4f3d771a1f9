import { randomUUIDv7 } from "node:crypto";
import type { Consumable } from "@kismet/contracts";
import { and, asc, eq, gt, isNull, lte, min, or, sql, sum } from "drizzle-orm";
import {
  type Account,
  grants,
  ledgerEntries,
  ledgerTransactions,
  spends,
  type TransactionKind,
} from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type Entry = { account: Account; unit: string; amount: number; grantId?: string };

export type Transaction = { kind: TransactionKind; key: string; memberId: string; occurredAt: Date };

/** Undefined if what the key names was posted before; else the id, to which entries must be added. */
export async function openTransaction(tx: Tx, transaction: Transaction): Promise<string | undefined> {
  const [row] = await tx
    .insert(ledgerTransactions)
    .values({ id: randomUUIDv7(), ...transaction })
    .onConflictDoNothing({ target: ledgerTransactions.key })
    .returning({ id: ledgerTransactions.id });
  return row?.id;
}

export async function addEntries(tx: Tx, transactionId: string, entries: Entry[]): Promise<void> {
  await tx.insert(ledgerEntries).values(entries.map((entry) => ({ transactionId, ...entry })));
}

export async function insertGrant(tx: Tx, grant: typeof grants.$inferInsert): Promise<void> {
  await tx.insert(grants).values(grant);
}

/** The grant to spend from: the one that ends soonest, bought ones last. */
export async function findGrantToSpend(tx: Tx, memberId: string, consumable: Consumable, now: Date) {
  const [grant] = await tx
    .select({ id: grants.id })
    .from(grants)
    .where(
      and(
        eq(grants.memberId, memberId),
        eq(grants.consumable, consumable),
        gt(grants.remaining, 0),
        or(isNull(grants.expiresAt), gt(grants.expiresAt, now)),
      ),
    )
    .orderBy(sql`${grants.expiresAt} ASC NULLS LAST`, asc(grants.id))
    .limit(1);
  return grant;
}

export async function changeRemaining(tx: Tx, grantId: string, by: number): Promise<void> {
  await tx
    .update(grants)
    .set({ remaining: sql`${grants.remaining} + ${by}` })
    .where(eq(grants.id, grantId));
}

export function listLapsedGrants(tx: Tx, memberId: string, now: Date) {
  return tx
    .select()
    .from(grants)
    .where(and(eq(grants.memberId, memberId), gt(grants.remaining, 0), lte(grants.expiresAt, now)))
    .orderBy(asc(grants.id));
}

/** What is left of each consumable, and when the first of it ends. */
export async function sumGrants(reads: Reads, memberId: string) {
  const rows = await reads
    .select({
      consumable: grants.consumable,
      left: sum(grants.remaining).mapWith(Number),
      endsAt: min(grants.expiresAt),
    })
    .from(grants)
    .where(and(eq(grants.memberId, memberId), gt(grants.remaining, 0)))
    .groupBy(grants.consumable);
  return rows.map(({ consumable, left, endsAt }) => ({ consumable, left: left ?? 0, endsAt }));
}

export async function findSpend(reads: Reads, memberId: string, key: string) {
  const [row] = await reads
    .select()
    .from(spends)
    .where(and(eq(spends.memberId, memberId), eq(spends.key, key)));
  return row;
}

export async function insertSpend(tx: Tx, spend: typeof spends.$inferInsert): Promise<void> {
  await tx.insert(spends).values(spend);
}

export async function markRefunded(tx: Tx, memberId: string, key: string): Promise<void> {
  await tx
    .update(spends)
    .set({ status: "refunded" })
    .where(and(eq(spends.memberId, memberId), eq(spends.key, key)));
}
