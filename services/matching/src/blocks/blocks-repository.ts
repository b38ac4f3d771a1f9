import { and, eq, lt, type SQL, sql, type SQLWrapper } from "drizzle-orm";
import { blocks } from "../schema.ts";
import type { Tx } from "../storage.ts";

type Block = { blockerId: string; blockedId: string; version: number };

/** Gives false, and does nothing, if a later version is known. */
export async function saveBlock(
  tx: Tx,
  { blockerId, blockedId, version }: Block,
  active: boolean,
): Promise<boolean> {
  const saved = await tx
    .insert(blocks)
    .values({ blockerId, blockedId, version, active })
    .onConflictDoUpdate({
      target: [blocks.blockerId, blocks.blockedId],
      set: { version, active },
      setWhere: lt(blocks.version, version),
    })
    .returning({ version: blocks.version });
  return saved.length > 0;
}

/** Whether neither of the two has blocked the other: two lookups by primary key, also in a query of many rows. */
export function isUnblocked(one: SQLWrapper, other: SQLWrapper): SQL {
  return sql`(${hasNotBlocked(one, other)} AND ${hasNotBlocked(other, one)})`;
}

function hasNotBlocked(blocker: SQLWrapper, blocked: SQLWrapper): SQL {
  const block = and(eq(blocks.blockerId, blocker), eq(blocks.blockedId, blocked), eq(blocks.active, true));
  return sql`NOT EXISTS (SELECT FROM ${blocks} WHERE ${block})`;
}
