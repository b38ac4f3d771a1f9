import { and, asc, eq, inArray, lt, or } from "drizzle-orm";
import { type IntentStatus, superlikeIntents } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";
import { SuperlikeExpired } from "./superlikes-errors.ts";

/** Paid for under the intent's id as key; `balance` is what is left. */
export type PaidIntent = { intentId: string; balance: number };

type NewIntent = { id: string; memberId: string; targetId: string; createdAt: Date };

/** Gives the id of the pair's open intent, an older one if there is: whoever asks twice pays under the same key. */
export async function openIntent(tx: Tx, intent: NewIntent): Promise<string> {
  const { memberId, targetId } = intent;
  const [open] = await tx
    .select({ id: superlikeIntents.id })
    .from(superlikeIntents)
    .where(
      and(
        eq(superlikeIntents.memberId, memberId),
        eq(superlikeIntents.targetId, targetId),
        eq(superlikeIntents.status, "open"),
      ),
    );
  if (open) return open.id;
  await tx.insert(superlikeIntents).values({ ...intent, status: "open" });
  return intent.id;
}

/** The row decides between the swipe and the sweeper: only one of them finds it open. */
export async function useIntent(tx: Tx, id: string): Promise<void> {
  const [used] = await move(tx, id, "open", "used");
  if (!used) throw new SuperlikeExpired();
}

/** An intent that will be no swipe, or is none any more: the sweeper refunds it. */
export async function giveUpIntent(on: Reads, id: string, from: "open" | "used"): Promise<void> {
  await move(on, id, from, "refunding");
}

/** Gives up the open intents from before the moment, and gives those that are to be refunded, oldest first. */
export async function takeOrphans(tx: Tx, openedBefore: Date, limit: number) {
  const orphaned = or(
    eq(superlikeIntents.status, "refunding"),
    and(eq(superlikeIntents.status, "open"), lt(superlikeIntents.createdAt, openedBefore)),
  );
  const oldest = tx
    .select({ id: superlikeIntents.id })
    .from(superlikeIntents)
    .where(orphaned)
    .orderBy(asc(superlikeIntents.createdAt))
    .limit(limit)
    .for("update", { skipLocked: true });
  return tx
    .update(superlikeIntents)
    .set({ status: "refunding" })
    .where(inArray(superlikeIntents.id, oldest))
    .returning({ id: superlikeIntents.id, memberId: superlikeIntents.memberId });
}

export async function markRefunded(on: Reads, id: string): Promise<void> {
  await move(on, id, "refunding", "refunded");
}

function move(on: Reads, id: string, from: IntentStatus, to: IntentStatus) {
  return on
    .update(superlikeIntents)
    .set({ status: to })
    .where(and(eq(superlikeIntents.id, id), eq(superlikeIntents.status, from)))
    .returning({ id: superlikeIntents.id });
}
