import { isErased } from "@kismet/bus";
import type { Tier } from "@kismet/contracts";
import { and, asc, eq, lte } from "drizzle-orm";
import { MemberErased } from "../erasure/erasure-errors.ts";
import { entitlements, subscriptions } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredView = typeof entitlements.$inferSelect;

/**
 * Everything about one member happens under this lock, one after the other. Throws MemberErased: the tombstone is there
 * before the row goes, so that whoever finds no row finds the tombstone.
 */
export async function lockMember(tx: Tx, memberId: string): Promise<StoredView> {
  const lock = () => tx.select().from(entitlements).where(eq(entitlements.memberId, memberId)).for("update");
  const [known] = await lock();
  if (known) return known;
  if (await isErased(tx, "billing", memberId)) throw new MemberErased();
  await tx.insert(entitlements).values({ memberId }).onConflictDoNothing();
  const [made] = await lock();
  if (!made) throw new Error("the row of a member is never deleted");
  return made;
}

export async function findView(reads: Reads, memberId: string): Promise<StoredView | undefined> {
  const [row] = await reads.select().from(entitlements).where(eq(entitlements.memberId, memberId));
  return row;
}

export async function saveView(tx: Tx, { memberId, ...view }: StoredView): Promise<void> {
  await tx.update(entitlements).set(view).where(eq(entitlements.memberId, memberId));
}

/** Members whose view has changed by time alone, longest ago first. */
export async function listOverdueMembers(reads: Reads, now: Date, limit: number): Promise<string[]> {
  const rows = await reads
    .select({ memberId: entitlements.memberId })
    .from(entitlements)
    .where(lte(entitlements.changesAt, now))
    .orderBy(asc(entitlements.changesAt))
    .limit(limit);
  return rows.map((row) => row.memberId);
}

export function listPaidTiers(reads: Reads, memberId: string): Promise<{ tier: Tier; paidUntil: Date }[]> {
  return reads
    .select({ tier: subscriptions.tier, paidUntil: subscriptions.paidUntil })
    .from(subscriptions)
    .where(and(eq(subscriptions.memberId, memberId), eq(subscriptions.status, "active")));
}
