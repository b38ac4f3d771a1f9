import { randomUUIDv7 } from "node:crypto";
import { emit, holdTombstones, isErased } from "@kismet/bus";
import { BlockCreated, BlockRemoved } from "@kismet/contracts";
import { lockKeys } from "@kismet/database";
import type { Clock } from "@kismet/service-kit";
import type { ProfileDatabase, Tx } from "../storage.ts";
import { SelfBlock, TooManyBlocks } from "./blocks-errors.ts";
import { type BlockRow, countBlocks, findBlock, saveBlock } from "./blocks-repository.ts";

type Deps = { database: ProfileDatabase; clock: Clock; maxBlocksPerMember: number };

/**
 * Whether there is such a member is not asked: the answer would tell it, also to whom that member has blocked. Blocking
 * twice is blocking once.
 */
export async function blockMember(deps: Deps, blockerId: string, blockedId: string): Promise<void> {
  if (blockerId === blockedId) throw new SelfBlock();
  await deps.database.transaction(async (tx) => {
    const block = await lockBlock(tx, blockerId, blockedId);
    if (block?.active) return;
    // Whom it would name is nobody any more; the answer is the same as for everybody who is not there.
    if (await isErased(tx, "profile", blockedId)) return;
    if (!block && (await countBlocks(tx, blockerId)) >= deps.maxBlocksPerMember) throw new TooManyBlocks();
    await turn(tx, block ?? { blockerId, blockedId, version: 0 }, true, deps.clock.now());
  });
}

export async function unblockMember(deps: Deps, blockerId: string, blockedId: string): Promise<void> {
  await deps.database.transaction(async (tx) => {
    const block = await lockBlock(tx, blockerId, blockedId);
    if (block?.active) await turn(tx, block, false, deps.clock.now());
  });
}

/**
 * One lock for all that a member blocks: there may be no row yet to lock, and their number is limited. It also gives
 * the outbox the versions of a pair in their order.
 */
async function lockBlock(tx: Tx, blockerId: string, blockedId: string): Promise<BlockRow | undefined> {
  await lockKeys(tx, `blocks:${blockerId}`);
  await holdTombstones(tx, "profile");
  return findBlock(tx, { blockerId, blockedId });
}

async function turn(
  tx: Tx,
  before: Pick<BlockRow, "blockerId" | "blockedId" | "version">,
  active: boolean,
  changedAt: Date,
): Promise<void> {
  const { blockerId, blockedId } = before;
  const version = before.version + 1;
  await saveBlock(tx, { blockerId, blockedId, version, active, id: randomUUIDv7(), changedAt });
  await emit(tx, active ? BlockCreated : BlockRemoved, {
    aggregateId: `${blockerId}:${blockedId}`,
    payload: { blockerId, blockedId, version, changedAt: changedAt.toISOString() },
  });
}
