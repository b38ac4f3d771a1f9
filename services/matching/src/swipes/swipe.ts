import { randomUUIDv7 } from "node:crypto";
import type { SwipeAnswer } from "@kismet/contracts";
import { lockKeys } from "@kismet/database";
import type { Clock } from "@kismet/service-kit";
import { createMatch } from "../matches/create-match.ts";
import { pairLock, pairOf, swiperLock } from "../pair.ts";
import type { MatchingDatabase } from "../storage.ts";
import { type PaidIntent, useIntent } from "../superlikes/superlike-intents-repository.ts";
import { decideSwipe, type Wish } from "./decide-swipe.ts";
import { readSwipeFacts, writeSwipe } from "./swipes-repository.ts";

export type SwipeDeps = { database: MatchingDatabase; clock: Clock; freeLikesPerDay: number };

export type Swiped = { answer: SwipeAnswer; isRepeated: boolean };

/**
 * Records a swipe, and with it the match if the other has liked already: this is where a like becomes a match.
 *
 * The lock of the pair lets one of two simultaneous likes go first, and the second see it: without it neither would
 * see the other, and there would be no match. The lock of the swiper does the same for the quota and the last swipe.
 * Locks are a statement of their own, since a statement sees the database as it was when it began.
 */
export async function swipe(
  { database, clock, freeLikesPerDay }: SwipeDeps,
  actorId: string,
  wish: Wish,
  paid?: PaidIntent,
): Promise<Swiped> {
  const pair = pairOf(actorId, wish.targetId);
  return database.transaction(async (tx) => {
    await lockKeys(tx, pairLock(pair), swiperLock(actorId));
    const now = clock.now();
    const facts = await readSwipeFacts(tx, actorId, wish.targetId);
    const decision = decideSwipe(facts, wish, freeLikesPerDay, now);
    if (decision.kind === "repeated") return { answer: decision.answer, isRepeated: true };

    if (paid) await useIntent(tx, paid.intentId);
    const matchId = decision.isMatch ? await createMatch(tx, pair, now) : undefined;
    const superlikes = paid?.balance ?? decision.remaining.superlikes;
    const answer: SwipeAnswer = {
      matched: decision.isMatch,
      ...(matchId === undefined ? {} : { matchId }),
      remaining: { ...decision.remaining, superlikes },
    };
    await writeSwipe(tx, {
      swipe: { id: paid?.intentId ?? randomUUIDv7(), actorId, ...wish, answer, swipedAt: now },
      swiper: { window: decision.window, lastTargetId: wish.targetId, isCounted: decision.isCounted },
    });
    return { answer, isRepeated: false };
  });
}
