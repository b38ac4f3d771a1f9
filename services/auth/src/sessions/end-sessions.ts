import { emit } from "@kismet/bus";
import { SessionRevoked } from "@kismet/contracts";
import type { Tx } from "../storage.ts";

/** Has the access tokens of sessions that have just ended refused everywhere, within a second. */
export async function tellEnded(
  tx: Tx,
  memberId: string,
  sessionIds: readonly string[],
  now: Date,
): Promise<void> {
  for (const sessionId of sessionIds) {
    await emit(tx, SessionRevoked, {
      aggregateId: memberId,
      payload: { memberId, sessionId, revokedAt: now.toISOString() },
    });
  }
}
