import type { SwipeAction, SwipeAnswer } from "@kismet/contracts";
import { aliasedTable, and, eq, sql } from "drizzle-orm";
import { isUnblocked } from "../blocks/blocks-repository.ts";
import { candidates, entitlements, swipers, swipes } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";
import type { SwipeFacts } from "./decide-swipe.ts";
import type { LikeWindow } from "./decide-like-window.ts";

const me = aliasedTable(candidates, "me");
const target = aliasedTable(candidates, "target");
const mine = aliasedTable(swipes, "mine");
const theirs = aliasedTable(swipes, "theirs");

/** Everything in one statement, planned once a connection: round trips and plans are most of what a swipe costs. */
export async function readSwipeFacts(tx: Tx, actorId: string, targetId: string): Promise<SwipeFacts> {
  const [row] = await tx
    .select({
      myCell: me.cell,
      timeZone: me.timeZone,
      isTargetVisible: target.visible,
      isUnblocked: sql<boolean>`${isUnblocked(sql`${actorId}::uuid`, sql`${targetId}::uuid`)}`,
      mine: { action: mine.action, note: mine.note, answer: mine.answer },
      theirs: theirs.action,
      quota: { likesUsed: swipers.likesUsed, windowEndsAt: swipers.windowEndsAt },
      entitled: {
        unlimitedLikes: entitlements.unlimitedLikes,
        seeLikes: entitlements.seeLikes,
        superlikes: entitlements.superlikes,
        validUntil: entitlements.validUntil,
      },
    })
    .from(sql`(SELECT) AS one`)
    .leftJoin(me, eq(me.memberId, actorId))
    .leftJoin(target, eq(target.memberId, targetId))
    .leftJoin(mine, and(eq(mine.actorId, actorId), eq(mine.targetId, targetId)))
    .leftJoin(theirs, and(eq(theirs.actorId, targetId), eq(theirs.targetId, actorId)))
    .leftJoin(swipers, eq(swipers.memberId, actorId))
    .leftJoin(entitlements, eq(entitlements.memberId, actorId))
    .prepare("read_swipe_facts")
    .execute();
  if (!row) throw new Error("outer joins to one row give one row");
  return {
    isPlaced: row.myCell !== null,
    timeZone: row.timeZone,
    isTargetVisible: row.isTargetVisible ?? false,
    isBlocked: !row.isUnblocked,
    mine: row.mine,
    theirs: row.theirs,
    window: row.quota && { likesUsed: row.quota.likesUsed, endsAt: row.quota.windowEndsAt },
    entitled: row.entitled,
  };
}

type NewSwipe = {
  swipe: {
    id: string;
    actorId: string;
    targetId: string;
    action: SwipeAction;
    note: string | null;
    answer: SwipeAnswer;
    swipedAt: Date;
  };
  swiper: { window: LikeWindow; lastTargetId: string; isCounted: boolean };
};

export async function writeSwipe(tx: Tx, { swipe, swiper }: NewSwipe): Promise<void> {
  const { window, lastTargetId, isCounted } = swiper;
  const state = {
    likesUsed: window.likesUsed,
    windowEndsAt: window.endsAt,
    lastTargetId,
    lastCounted: isCounted,
  };
  const inserted = tx.$with("inserted").as(tx.insert(swipes).values(swipe));
  await tx
    .with(inserted)
    .insert(swipers)
    .values({ memberId: swipe.actorId, ...state })
    .onConflictDoUpdate({ target: swipers.memberId, set: state })
    .prepare("write_swipe")
    .execute();
}

/** Whom the member swiped last, unless that was taken back. */
export async function findLastTarget(reads: Reads, memberId: string): Promise<string | null> {
  const [row] = await reads
    .select({ targetId: swipers.lastTargetId })
    .from(swipers)
    .where(eq(swipers.memberId, memberId));
  return row?.targetId ?? null;
}

export async function findAction(tx: Tx, actorId: string, targetId: string): Promise<SwipeAction | null> {
  const [row] = await tx
    .select({ action: swipes.action })
    .from(swipes)
    .where(and(eq(swipes.actorId, actorId), eq(swipes.targetId, targetId)));
  return row?.action ?? null;
}

/** Forgets the swipe and gives the like back if it was counted. Gives the swipe that is gone. */
export async function takeSwipeBack(tx: Tx, actorId: string, targetId: string) {
  const [gone] = await tx
    .delete(swipes)
    .where(and(eq(swipes.actorId, actorId), eq(swipes.targetId, targetId)))
    .returning({ id: swipes.id, action: swipes.action });
  await tx
    .update(swipers)
    .set({
      lastTargetId: null,
      lastCounted: false,
      likesUsed: sql`${swipers.likesUsed} - ${swipers.lastCounted}::int`,
    })
    .where(eq(swipers.memberId, actorId));
  return gone;
}
