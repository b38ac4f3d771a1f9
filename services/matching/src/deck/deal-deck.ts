import type { Deck, DeckItem, EmptyReason } from "@kismet/contracts";
import { type Clock, type Day, dayOf } from "@kismet/service-kit";
import { findCandidate } from "../candidates/candidates-repository.ts";
import { cardOf } from "../candidates/card.ts";
import type { MatchingDatabase, Reads } from "../storage.ts";
import { type Contender, decideDeckOrder, sharedInterestsOf } from "./decide-deck-order.ts";
import { decideDistanceBucket } from "./decide-distance-bucket.ts";
import { decideObserver, type Observer, withoutPreferences } from "./decide-observer.ts";
import { decideScopes } from "./decide-scopes.ts";
import { findContenders, findDealt } from "./deck-repository.ts";

/** The people whom a member may swipe now, best first; if there are none, why. Nothing is cached, so nothing is stale. */
export async function dealDeck(
  deps: { database: MatchingDatabase; clock: Clock },
  memberId: string,
  limit: number,
): Promise<Deck> {
  const reads = deps.database.read;
  const now = deps.clock.now();
  const today = dayOf(now);
  const observer = decideObserver(await findCandidate(reads, memberId), today);
  if (typeof observer === "string") return { items: [], emptyReason: observer };

  const contenders = await gather(reads, observer, limit);
  const chosen = decideDeckOrder(contenders, observer, now).slice(0, limit);
  const items = chosen.length > 0 ? await deal(reads, observer, chosen, today) : [];
  if (items.length > 0) return { items };
  return { items, emptyReason: await whyEmpty(reads, observer, today) };
}

/** Looks farther as long as there are not enough. */
async function gather(reads: Reads, observer: Observer, limit: number): Promise<Contender[]> {
  const found = new Map<string, Contender>();
  for (const scope of decideScopes(observer.radiusKm)) {
    for (const contender of await findContenders(reads, observer, scope, limit)) {
      found.set(contender.memberId, contender);
    }
    if (found.size >= limit) break;
  }
  return [...found.values()];
}

async function deal(reads: Reads, observer: Observer, chosen: Contender[], today: Day): Promise<DeckItem[]> {
  const ids = chosen.map(({ memberId }) => memberId);
  const dealt = await findDealt(reads, observer.memberId, ids);
  const byId = new Map(dealt.map((row) => [row.card.memberId, row]));
  // Whoever went into hiding since they were found is missing here, and from the deck.
  return chosen.flatMap(({ memberId, point }) => {
    const row = byId.get(memberId);
    if (!row) return [];
    const card = cardOf(row.card, today);
    const bucket = decideDistanceBucket(observer.point, point);
    const sharedInterests = sharedInterestsOf(card.interests, observer.interests);
    return [{ ...card, distance: { bucket }, sharedInterests, ...superlikeOf(row.superlike) }];
  });
}

/** As it is told to the one who was super liked. */
export function superlikeOf(swipe: { note: string | null } | null): Pick<DeckItem, "superlike"> {
  if (!swipe) return {};
  return { superlike: swipe.note === null ? {} : { note: swipe.note } };
}

/** `filters` if wider preferences would bring somebody from the wider region; it is not asked of the whole world. */
async function whyEmpty(reads: Reads, observer: Observer, today: Day): Promise<EmptyReason> {
  const unbound = withoutPreferences(observer, today);
  for (const scope of decideScopes(unbound.radiusKm)) {
    if (scope.level === "world") break;
    if ((await findContenders(reads, unbound, scope, 1)).length > 0) return "filters";
  }
  return "nobody_left";
}
