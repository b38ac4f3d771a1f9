import type { Interest } from "@kismet/contracts";
import { chordSquared, chordSquaredOfKm, type Point } from "./distance.ts";

export type Contender = {
  memberId: string;
  point: Point;
  interests: Interest[];
  freshAt: Date;
  likesObserver: boolean;
};

const weights = { nearness: 0.35, freshness: 0.25, sharedInterests: 0.25, likesObserver: 0.05, chance: 0.3 };
const halfNearAt = chordSquaredOfKm(15);
const halfFreshAfterMs = 14 * 24 * 3_600_000;
const manySharedInterests = 4;

/**
 * Best first. Whoever likes the observer comes a little earlier, but by less than chance moves anybody: the place in
 * the deck gives no like away.
 */
export function decideDeckOrder(
  contenders: Contender[],
  observer: { point: Point; interests: Interest[] },
  now: Date,
): Contender[] {
  const scored = contenders.map((contender) => ({ contender, score: scoreOf(contender) }));
  return scored.sort((a, b) => b.score - a.score).map(({ contender }) => contender);

  function scoreOf({ memberId, point, interests, freshAt, likesObserver }: Contender): number {
    const ageMs = Math.max(0, now.getTime() - freshAt.getTime());
    const shared = sharedInterestsOf(interests, observer.interests).length;
    return (
      weights.nearness * (halfNearAt / (halfNearAt + chordSquared(point, observer.point))) +
      weights.freshness * (halfFreshAfterMs / (halfFreshAfterMs + ageMs)) +
      weights.sharedInterests * Math.min(1, shared / manySharedInterests) +
      weights.likesObserver * Number(likesObserver) +
      weights.chance * chanceOf(`${memberId}:${freshAt.getTime()}`)
    );
  }
}

export function sharedInterestsOf(theirs: Interest[], mine: Interest[]): Interest[] {
  return theirs.filter((interest) => mine.includes(interest));
}

/**
 * A number from 0 to 1 that stays the same from one deck to the next, else asking often would average it out (FNV-1a,
 * finished as in MurmurHash3). Made from a moment that is never shown, so that nobody can compute and subtract it.
 */
function chanceOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
