import { and, count, desc, eq, exists, lt, not, or, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { accounts, blocks, profiles } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type BlockRow = typeof blocks.$inferSelect;
type Pair = Pick<BlockRow, "blockerId" | "blockedId">;

export async function findBlock(reads: Reads, { blockerId, blockedId }: Pair): Promise<BlockRow | undefined> {
  const [row] = await reads
    .select()
    .from(blocks)
    .where(and(eq(blocks.blockerId, blockerId), eq(blocks.blockedId, blockedId)));
  return row;
}

export async function saveBlock(tx: Tx, block: BlockRow): Promise<void> {
  await tx
    .insert(blocks)
    .values(block)
    .onConflictDoUpdate({ target: [blocks.blockerId, blocks.blockedId], set: block });
}

/** Those taken back included. */
export async function countBlocks(reads: Reads, blockerId: string): Promise<number> {
  const [row] = await reads.select({ rows: count() }).from(blocks).where(eq(blocks.blockerId, blockerId));
  return row?.rows ?? 0;
}

/** Two lookups by primary key. */
export function isBlockedBetween(one: string, other: string): SQL {
  const either = or(
    and(eq(blocks.blockerId, one), eq(blocks.blockedId, other)),
    and(eq(blocks.blockerId, other), eq(blocks.blockedId, one)),
  );
  return sql`EXISTS (SELECT FROM ${blocks} WHERE ${blocks.active} AND (${either}))`;
}

/** Newest first; with the name of those who could be seen if it were not for the block, and no sign of the others. */
export async function listBlocks(
  reads: Reads,
  blockerId: string,
  { before, limit }: { before: string | undefined; limit: number },
) {
  const reverse = alias(blocks, "reverse");
  const blocksBack = reads
    .select({ id: reverse.id })
    .from(reverse)
    .where(
      and(eq(reverse.blockerId, blocks.blockedId), eq(reverse.blockedId, blocks.blockerId), reverse.active),
    );
  return reads
    .select({
      id: blocks.id,
      memberId: blocks.blockedId,
      blockedAt: blocks.changedAt,
      firstName: profiles.firstName,
    })
    .from(blocks)
    .leftJoin(
      accounts,
      and(eq(accounts.memberId, blocks.blockedId), eq(accounts.status, "active"), not(exists(blocksBack))),
    )
    .leftJoin(profiles, eq(profiles.memberId, accounts.memberId))
    .where(
      and(
        eq(blocks.blockerId, blockerId),
        blocks.active,
        before === undefined ? undefined : lt(blocks.id, before),
      ),
    )
    .orderBy(desc(blocks.id))
    .limit(limit);
}
