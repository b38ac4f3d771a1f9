/** Two members in ascending order of their ids: the same pair, whoever names it. */
export type Pair = readonly [lowId: string, highId: string];

export function pairOf(one: string, other: string): Pair {
  return one < other ? [one, other] : [other, one];
}

/** Name of the lock under which everything that concerns the two happens: swipes, matches, blocks. */
export function pairLock(pair: Pair): string {
  return `pair:${pair[0]}:${pair[1]}`;
}

/** Name of the lock under which a member's quota and last swipe change. */
export function swiperLock(memberId: string): string {
  return `swiper:${memberId}`;
}
