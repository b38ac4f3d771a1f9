import type { LimitClass } from "@kismet/contracts";

export const limitWindowMs = 60_000;

/**
 * Requests a minute. An address may be a household or a whole mobile network behind one NAT, so it has more than a
 * member; credentials are tried by those who have no member yet, so there the address has to do.
 */
export const limits: Record<LimitClass, { perAddress: number; perMember: number }> = {
  credential: { perAddress: 60, perMember: 30 },
  read: { perAddress: 3_000, perMember: 600 },
  write: { perAddress: 1_200, perMember: 240 },
  discovery: { perAddress: 600, perMember: 60 },
  upload: { perAddress: 120, perMember: 30 },
  message: { perAddress: 2_400, perMember: 300 },
  webhook: { perAddress: 6_000, perMember: 6_000 },
};
