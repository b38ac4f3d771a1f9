import type { Digests } from "../secrets/digests.ts";
import type { Tx } from "../storage.ts";
import { banMarkOf } from "./ban-marks.ts";
import { findOpenRestriction, insertBanMark } from "./standing-repository.ts";

/**
 * A banned member's account is another mailbox's again: that one is marked too. The one that it was banned with stays so:
 * whoever had it is the reason for the ban.
 */
export async function carryBanMark(
  tx: Tx,
  digests: Digests,
  { memberId, email }: { memberId: string; email: string },
  now: Date,
): Promise<void> {
  const restriction = await findOpenRestriction(tx, memberId);
  if (restriction?.kind !== "banned") return;
  await insertBanMark(tx, { hash: banMarkOf(digests, email), ban: restriction.id }, now);
}
