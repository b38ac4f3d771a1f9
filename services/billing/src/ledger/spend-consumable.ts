import type { Consumable } from "@kismet/contracts";
import type { Clock } from "@kismet/service-kit";
import { lockMember } from "../entitlements/entitlements-repository.ts";
import { refreshEntitlements } from "../entitlements/refresh-entitlements.ts";
import type { BillingDatabase } from "../storage.ts";
import { BalanceInsufficient, SpendKeyReused, SpendRefunded } from "./ledger-errors.ts";
import { findGrantToSpend, findSpend, insertSpend } from "./ledger-repository.ts";
import { takeOne } from "./movements.ts";

/** Takes one under a key; a key that was spent before takes nothing more. Answers what is left. */
export async function spendConsumable(
  { database, clock }: { database: BillingDatabase; clock: Clock },
  { memberId, consumable, key }: { memberId: string; consumable: Consumable; key: string },
): Promise<{ balance: number }> {
  return database.transaction(async (tx) => {
    const member = await lockMember(tx, memberId);
    const now = clock.now();
    const earlier = await findSpend(tx, memberId, key);
    if (earlier) {
      if (earlier.status !== "spent") throw new SpendRefunded();
      if (earlier.consumable !== consumable) throw new SpendKeyReused();
    } else {
      const grant = await findGrantToSpend(tx, memberId, consumable, now);
      if (!grant) throw new BalanceInsufficient();
      await insertSpend(tx, {
        memberId,
        key,
        status: "spent",
        consumable,
        grantId: grant.id,
        createdAt: now,
      });
      await takeOne(tx, { memberId, key, consumable, grantId: grant.id, at: now });
    }
    const { balances } = await refreshEntitlements(tx, member, now);
    return { balance: balances[consumable] };
  });
}
