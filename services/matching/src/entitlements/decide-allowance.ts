/** What a member may do beyond the free tier. */
export type Entitled = {
  unlimitedLikes: boolean;
  seeLikes: boolean;
  superlikes: number;
  validUntil: Date | null;
};

export type Allowance = { unlimitedLikes: boolean; seeLikes: boolean; superlikes: number };

/** Features end with the paid period, even if word of its end is late; super likes that were bought stay. */
export function decideAllowance(entitled: Entitled | null, now: Date): Allowance {
  if (!entitled) return { unlimitedLikes: false, seeLikes: false, superlikes: 0 };
  const { unlimitedLikes, seeLikes, superlikes, validUntil } = entitled;
  const over = validUntil !== null && validUntil <= now;
  return { unlimitedLikes: unlimitedLikes && !over, seeLikes: seeLikes && !over, superlikes };
}
