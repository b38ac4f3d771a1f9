import { randomUUIDv7 } from "node:crypto";
import type { Bus } from "@kismet/bus";
import { SpendConsumable } from "@kismet/contracts";
import { lockKeys } from "@kismet/database";
import { PublicError } from "@kismet/service-kit";
import { pairLock, pairOf, swiperLock } from "../pair.ts";
import { decideSwipe, type Wish } from "../swipes/decide-swipe.ts";
import { swipe, type SwipeDeps, type Swiped } from "../swipes/swipe.ts";
import { readSwipeFacts } from "../swipes/swipes-repository.ts";
import { giveUpIntent, openIntent } from "./superlike-intents-repository.ts";

/**
 * A super like is paid for in another service, whose transaction cannot be ours. So an intent is committed first, its
 * id is the key of the payment, and the swipe uses it up in its own transaction. Whatever breaks in between leaves an
 * open intent: the next try pays under the same key, thus not again, or the sweeper refunds it.
 */
export async function superlike(
  deps: SwipeDeps & { bus: Bus },
  actorId: string,
  wish: Wish,
): Promise<Swiped> {
  const opened = await open(deps, actorId, wish);
  if ("answer" in opened) return opened;
  const { intentId } = opened;
  try {
    const request = { memberId: actorId, consumable: "superlikes", key: intentId } as const;
    const { balance } = await deps.bus.request(SpendConsumable, request);
    return await swipe(deps, actorId, wish, { intentId, balance });
  } catch (error) {
    // A refusal is final. After any other failure the same wish may come again, and finds its intent.
    const isRefused = error instanceof PublicError && error.status < 500;
    if (isRefused) await giveUpIntent(deps.database.read, intentId, "open");
    throw error;
  }
}

/** Refuses what the swipe itself would refuse, before anything is paid. */
async function open(
  { database, clock, freeLikesPerDay }: SwipeDeps,
  actorId: string,
  wish: Wish,
): Promise<Swiped | { intentId: string }> {
  const { targetId } = wish;
  return database.transaction(async (tx) => {
    await lockKeys(tx, pairLock(pairOf(actorId, targetId)), swiperLock(actorId));
    const now = clock.now();
    const facts = await readSwipeFacts(tx, actorId, targetId);
    const decision = decideSwipe(facts, wish, freeLikesPerDay, now);
    if (decision.kind === "repeated") return { answer: decision.answer, isRepeated: true };
    const id = randomUUIDv7();
    return { intentId: await openIntent(tx, { id, memberId: actorId, targetId, createdAt: now }) };
  });
}
