import { randomUUIDv7 } from "node:crypto";
import { emit } from "@kismet/bus";
import { MatchCreated } from "@kismet/contracts";
import type { Pair } from "../pair.ts";
import type { Tx } from "../storage.ts";
import { insertMatch } from "./matches-repository.ts";

/** In the transaction of the second like, under the lock of the pair. Chat opens the conversation when it hears. */
export async function createMatch(tx: Tx, pair: Pair, createdAt: Date): Promise<string> {
  const id = randomUUIDv7();
  await insertMatch(tx, { id, pair, createdAt });
  await emit(tx, MatchCreated, {
    aggregateId: id,
    payload: { matchId: id, memberIds: [...pair], createdAt: createdAt.toISOString() },
  });
  return id;
}
