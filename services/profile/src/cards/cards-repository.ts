import { and, eq, getTableColumns, not } from "drizzle-orm";
import { isBlockedBetween } from "../blocks/blocks-repository.ts";
import type { ProfileRow } from "../profile/profile-repository.ts";
import { accounts, profiles } from "../schema.ts";
import type { Reads } from "../storage.ts";

/** One statement for all that can stand between the two, so that no answer comes sooner than another. */
export async function findVisibleProfile(
  reads: Reads,
  viewerId: string,
  memberId: string,
): Promise<ProfileRow | undefined> {
  const [row] = await reads
    .select(getTableColumns(profiles))
    .from(profiles)
    .innerJoin(accounts, and(eq(accounts.memberId, profiles.memberId), eq(accounts.status, "active")))
    .where(and(eq(profiles.memberId, memberId), not(isBlockedBetween(viewerId, memberId))));
  return row;
}
