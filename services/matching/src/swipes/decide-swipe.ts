import type { Remaining, SwipeAction, SwipeAnswer } from "@kismet/contracts";
import { decideAllowance, type Entitled } from "../entitlements/decide-allowance.ts";
import { decideLikeWindow, likesLeft, type LikeWindow, spendLike } from "./decide-like-window.ts";
import { ProfileRequired, SwipeConflict, TargetNotFound } from "./swipes-errors.ts";

export type Wish = { targetId: string; action: SwipeAction; note: string | null };

/** All that a swipe depends on, read under its locks. */
export type SwipeFacts = {
  isPlaced: boolean;
  timeZone: string | null;
  isTargetVisible: boolean;
  isBlocked: boolean;
  /** What was said before, by the one and by the other. */
  mine: { action: SwipeAction; note: string | null; answer: SwipeAnswer } | null;
  theirs: SwipeAction | null;
  window: LikeWindow | null;
  entitled: Entitled | null;
};

export type SwipeDecision =
  | { kind: "repeated"; answer: SwipeAnswer }
  | { kind: "new"; isMatch: boolean; isCounted: boolean; window: LikeWindow; remaining: Remaining };

/**
 * What a swipe comes to, or the error that refuses it. A swipe that was made is answered again before anything else
 * is looked at: a lost answer can be asked for even when the target has gone since, and tells nothing about that.
 */
export function decideSwipe(
  facts: SwipeFacts,
  wish: Wish,
  freeLikesPerDay: number,
  now: Date,
): SwipeDecision {
  if (facts.mine) {
    if (facts.mine.action !== wish.action || facts.mine.note !== wish.note) throw new SwipeConflict();
    return { kind: "repeated", answer: facts.mine.answer };
  }
  if (!facts.isPlaced || facts.timeZone === null) throw new ProfileRequired();
  if (!facts.isTargetVisible || facts.isBlocked) throw new TargetNotFound();

  const allowance = decideAllowance(facts.entitled, now);
  const likesPerDay = allowance.unlimitedLikes ? null : freeLikesPerDay;
  const before = decideLikeWindow(facts.window, facts.timeZone, now);
  const window = wish.action === "like" ? spendLike(before, likesPerDay, now) : before;
  return {
    kind: "new",
    isMatch: isLike(wish.action) && isLike(facts.theirs),
    isCounted: window !== before,
    window,
    remaining: {
      likes: likesLeft(window, likesPerDay),
      superlikes: allowance.superlikes,
      resetsAt: window.endsAt.toISOString(),
    },
  };
}

export function isLike(action: SwipeAction | null): boolean {
  return action === "like" || action === "superlike";
}
