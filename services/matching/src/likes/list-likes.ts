import type { LikePage, LikeReceived } from "@kismet/contracts";
import { type Clock, dayOf, idOf, pageOf } from "@kismet/service-kit";
import { cardOf } from "../candidates/card.ts";
import { superlikeOf } from "../deck/deal-deck.ts";
import { decideAllowance } from "../entitlements/decide-allowance.ts";
import { findEntitled } from "../entitlements/entitlements-repository.ts";
import type { MatchingDatabase } from "../storage.ts";
import { countLikes, findLikes } from "./likes-repository.ts";

type Query = { limit: number; cursor: string | undefined };

export async function listLikes(
  deps: { database: MatchingDatabase; clock: Clock },
  memberId: string,
  { limit, cursor }: Query,
): Promise<LikePage> {
  const reads = deps.database.read;
  const now = deps.clock.now();
  const [entitled, count] = await Promise.all([findEntitled(reads, memberId), countLikes(reads, memberId)]);
  if (!decideAllowance(entitled, now).seeLikes) return blurred(count, limit);

  const before = cursor === undefined ? undefined : idOf(cursor);
  const rows = await findLikes(reads, memberId, { before, limit: limit + 1 });
  const page = pageOf(rows, limit, ({ card, likedAt, action, note }): LikeReceived => ({
    blurred: false,
    member: cardOf(card, dayOf(now)),
    likedAt: likedAt.toISOString(),
    ...superlikeOf(action === "superlike" ? { note } : null),
  }));
  return { ...page, count };
}

/** One page of nothing but their number: a cursor would be made of what is not to be seen. */
function blurred(count: number, limit: number): LikePage {
  const items = Array.from({ length: Math.min(count, limit) }, () => ({ blurred: true }) as const);
  return { items, nextCursor: null, count };
}
