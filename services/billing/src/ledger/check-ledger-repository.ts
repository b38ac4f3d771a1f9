import { sql, type SQL } from "drizzle-orm";
import { products } from "../catalogue/catalogue.ts";
import { checkouts, entitlements, grants, ledgerEntries, ledgerTransactions, spends } from "../schema.ts";
import type { Reads } from "../storage.ts";

/** A place where the books contradict themselves. */
export type LedgerFault = { claim: string; subject: string };

const maxFaultsEach = 100;
const consumableIds = products.filter((each) => each.kind === "consumable").map((each) => each.id);

/**
 * Everything that must hold of the ledger, whatever happened: empty if it does. Each claim is one statement, and so
 * sees one state of the books, while the service goes on.
 */
export async function findLedgerFaults(reads: Reads, now: Date): Promise<LedgerFault[]> {
  const faults: LedgerFault[] = [];
  for (const [claim, query] of Object.entries(claimsAt(now))) {
    const { rows } = await reads.execute<{ subject: string }>(sql`${query} LIMIT ${maxFaultsEach}`);
    faults.push(...rows.map(({ subject }) => ({ claim, subject })));
  }
  return faults;
}

function claimsAt(now: Date): Record<string, SQL> {
  return {
    "the entries of a transaction sum to zero in each unit": sql`
      SELECT transaction_id::text AS subject FROM ${ledgerEntries}
      GROUP BY transaction_id, unit HAVING sum(amount) <> 0`,
    "every transaction has entries": sql`
      SELECT id::text AS subject FROM ${ledgerTransactions} AS t
      WHERE NOT EXISTS (SELECT FROM ${ledgerEntries} AS e WHERE e.transaction_id = t.id)`,
    "what remains of a grant is the sum of its entries": sql`
      SELECT id::text AS subject FROM ${grants} AS g
      WHERE remaining <> (SELECT coalesce(sum(amount), 0) FROM ${ledgerEntries} AS e WHERE e.grant_id = g.id)`,
    "a member is told what remains of the grants": sql`
      SELECT member_id::text AS subject FROM ${entitlements} AS m
      WHERE (changes_at IS NULL OR changes_at > ${now.toISOString()}::timestamptz) AND (boosts, superlikes) <> (
        SELECT coalesce(sum(remaining) FILTER (WHERE consumable = 'boosts'), 0),
               coalesce(sum(remaining) FILTER (WHERE consumable = 'superlikes'), 0)
        FROM ${grants} AS g WHERE g.member_id = m.member_id)`,
    "a spend is in the books, and its refund if there was one": sql`
      SELECT member_id || '/' || key AS subject FROM ${spends} AS s
      WHERE (status <> 'void') <> EXISTS (
              SELECT FROM ${ledgerTransactions} AS t WHERE t.key = 'spend:' || s.member_id || ':' || s.key)
         OR (status = 'refunded') <> EXISTS (
              SELECT FROM ${ledgerTransactions} AS t WHERE t.key = 'refund:' || s.member_id || ':' || s.key)`,
    "what was paid for once was granted once": sql`
      SELECT id::text AS subject FROM ${checkouts} AS c
      WHERE (status = 'paid' AND product_id IN ${consumableIds}) <> EXISTS (
        SELECT FROM ${ledgerTransactions} AS t WHERE t.key = 'checkout:' || c.id)`,
  };
}
