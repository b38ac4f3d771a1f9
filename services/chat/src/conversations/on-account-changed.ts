import { type AccountChanged, type PayloadOf } from "@kismet/contracts";
import type { Transaction } from "@kismet/database";
import { matchOf, type Schema, unmatchOf } from "../changes/change-repository.ts";
import { type Feed, forBoth } from "../changes/feed.ts";
import { insertMembers, lockMembers, partnersOf, updateAccount } from "./conversation-repository.ts";

/**
 * Hides the conversations of an account that is no longer active, and brings them back with it. Whether one is visible
 * is decided as it is read; here both members are told that it went or came.
 */
export async function applyAccount(
  tx: Transaction<Schema>,
  feed: Feed,
  { memberId, version, status }: PayloadOf<typeof AccountChanged>,
): Promise<void> {
  await insertMembers(tx, [memberId]);
  const partners = await partnersOf(tx, memberId);
  // All at once: the feeds of the partners will be written, and locks are taken in one order.
  const locked = await lockMembers(tx, [memberId, ...partners.map(({ partnerId }) => partnerId)]);
  const before = locked.find(({ id }) => id === memberId);
  if (!before || before.accountVersion >= version) return;
  await updateAccount(tx, memberId, status, version);

  const isActive = status === "active";
  if ((before.status === "active") === isActive) return;
  // Read again: one may have been opened while we waited for the locks.
  const visible = (await partnersOf(tx, memberId)).filter((one) => one.partnerStatus === "active");
  await feed.append(
    tx,
    visible.flatMap(({ conversationId, partnerId }) =>
      forBoth(conversationId, [memberId, partnerId], isActive ? matchOf : unmatchOf),
    ),
  );
}
