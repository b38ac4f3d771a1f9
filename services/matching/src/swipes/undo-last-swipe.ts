import { lockKeys } from "@kismet/database";
import { pairLock, pairOf, swiperLock } from "../pair.ts";
import type { MatchingDatabase } from "../storage.ts";
import { giveUpIntent } from "../superlikes/superlike-intents-repository.ts";
import { isLike } from "./decide-swipe.ts";
import { NothingToUndo, SwipeConflict, SwipeMatched } from "./swipes-errors.ts";
import { findAction, findLastTarget, takeSwipeBack } from "./swipes-repository.ts";

/**
 * Takes the member's very last swipe back, once: a second undo finds nothing until there is another swipe. The like
 * returns to its window, the super like to the balance. Gives the id of who was swiped.
 */
export async function undoLastSwipe(database: MatchingDatabase, memberId: string): Promise<string> {
  // Which pair to lock is known only by looking; what was seen is looked at again under the lock.
  const seen = await findLastTarget(database.read, memberId);
  if (seen === null) throw new NothingToUndo();
  return database.transaction(async (tx) => {
    await lockKeys(tx, pairLock(pairOf(memberId, seen)), swiperLock(memberId));
    const targetId = await findLastTarget(tx, memberId);
    if (targetId === null) throw new NothingToUndo();
    if (targetId !== seen) throw new SwipeConflict("Another swipe came in between.");
    const mine = await findAction(tx, memberId, targetId);
    const theirs = await findAction(tx, targetId, memberId);
    if (isLike(mine) && isLike(theirs)) throw new SwipeMatched();
    const gone = await takeSwipeBack(tx, memberId, targetId);
    if (gone?.action === "superlike") await giveUpIntent(tx, gone.id, "used");
    return targetId;
  });
}
