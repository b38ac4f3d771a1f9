import { emit } from "@kismet/bus";
import { SessionRevoked } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import type { Tx } from "../storage.ts";

/** Has the access tokens of sessions that have just ended refused everywhere, within a second. */
export async function tellEnded(
  tx: Tx,
  memberId: string,
  sessionIds: readonly string[],
  now: Date,
): Promise<void> {
  if (sessionIds.length > 0)
    await recordAudit(tx, {
      action: "auth.session.end",
      subject: memberId,
      details: { count: sessionIds.length },
    });
  for (const sessionId of sessionIds) {
    await emit(tx, SessionRevoked, {
      aggregateId: memberId,
      payload: { memberId, sessionId, revokedAt: now.toISOString() },
    });
  }
}
