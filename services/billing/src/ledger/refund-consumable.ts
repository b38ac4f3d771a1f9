import type { Clock } from "@kismet/service-kit";
import { lockMember } from "../entitlements/entitlements-repository.ts";
import { refreshEntitlements } from "../entitlements/refresh-entitlements.ts";
import type { BillingDatabase } from "../storage.ts";
import { findSpend, insertSpend, markRefunded } from "./ledger-repository.ts";
import { giveBackOne } from "./movements.ts";

/**
 * Gives back what was spent under the key, once. If nothing was, the key is made void: whoever refunds has given up,
 * so that a spend which is still on its way must not succeed.
 */
export async function refundConsumable(
  { database, clock }: { database: BillingDatabase; clock: Clock },
  { memberId, key }: { memberId: string; key: string },
): Promise<{ balance: number }> {
  return database.transaction(async (tx) => {
    const member = await lockMember(tx, memberId);
    const now = clock.now();
    const spend = await findSpend(tx, memberId, key);
    if (!spend?.consumable || !spend.grantId) {
      if (!spend) await insertSpend(tx, { memberId, key, status: "void", createdAt: now });
      return { balance: 0 };
    }
    const { consumable, grantId } = spend;
    if (spend.status === "spent") {
      await markRefunded(tx, memberId, key);
      await giveBackOne(tx, { memberId, key, consumable, grantId, at: now });
    }
    const { balances } = await refreshEntitlements(tx, member, now);
    return { balance: balances[consumable] };
  });
}
