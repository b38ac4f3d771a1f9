import { on } from "@kismet/bus";
import { BlockCreated, BlockRemoved } from "@kismet/contracts";
import { lockKeys } from "@kismet/database";
import { endMatchOfPair } from "../matches/end-match.ts";
import { pairLock, pairOf } from "../pair.ts";
import type { Tx } from "../storage.ts";
import { saveBlock } from "./blocks-repository.ts";

/**
 * Ends what the two have. Under the lock of their swipes: a like that is being recorded either sees the block, or its
 * match is there to be ended.
 */
export const onBlockCreated = on(BlockCreated, async (tx: Tx, { payload }) => {
  const pair = pairOf(payload.blockerId, payload.blockedId);
  await lockKeys(tx, pairLock(pair));
  const isNews = await saveBlock(tx, payload, true);
  if (isNews) await endMatchOfPair(tx, pair, new Date(payload.changedAt));
});

/** The two may meet again; the match that the block ended stays ended. */
export const onBlockRemoved = on(BlockRemoved, async (tx: Tx, { payload }) => {
  await saveBlock(tx, payload, false);
});
