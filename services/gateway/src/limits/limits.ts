import type { LimitClass } from "@kismet/contracts";
import type { Allowance } from "./decide-request.ts";

export const limitedBy = ["address", "client", "member"] as const;
export type LimitedBy = (typeof limitedBy)[number];

/**
 * Requests a minute, in the long run. An address may be a household or a whole mobile network behind one NAT, so it has
 * more than a member; credentials are tried by those who have no member yet, so there the address has to do. All who
 * use an app share its client's: that bounds an app gone wild, or a key that leaked.
 */
export const limits: Record<LimitClass, Record<LimitedBy, number>> = {
  credential: { address: 60, client: 6_000, member: 30 },
  read: { address: 3_000, client: 600_000, member: 600 },
  write: { address: 1_200, client: 240_000, member: 240 },
  discovery: { address: 600, client: 60_000, member: 60 },
  upload: { address: 120, client: 12_000, member: 30 },
  message: { address: 2_400, client: 300_000, member: 300 },
  webhook: { address: 6_000, client: 6_000, member: 6_000 },
};

/**
 * Which part of it may come at once. The rest has to come in its own time, so that no minute has more than half as many
 * again as it should, and no moment more than half.
 */
const burstShare = 0.5;
const minuteMs = 60_000;

export function allowanceOf(perMinute: number, scale: number): Allowance {
  const scaled = perMinute * scale;
  const burst = Math.max(1, Math.round(scaled * burstShare));
  // Whole seconds, as they are told; a limit so low that a burst is one request is given at least that.
  return { burst, refillMs: Math.max(1_000, Math.round((burst / Math.max(scaled, 1)) * 60) * 1_000) };
}

export const longestRefillMs = minuteMs;
