import { randomUUIDv7 } from "node:crypto";
import { emit, tombstoneOf } from "@kismet/bus";
import { SessionRevoked } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import type { Clock } from "@kismet/service-kit";
import { endAllSessions } from "../sessions/sessions-repository.ts";
import type { AuthDatabase } from "../storage.ts";
import { insertErasure, takeDueMembers } from "./erasures-repository.ts";

const atOnce = 20;

/**
 * Begins the erasure of those who could have come back and have not. From here on there is no way back: their sessions end, so
 * that nobody writes anything more in their name.
 */
export async function beginErasures({
  database,
  clock,
}: {
  database: AuthDatabase;
  clock: Clock;
}): Promise<number> {
  return database.transaction(async (tx) => {
    const now = clock.now();
    const due = await takeDueMembers(tx, now, atOnce);
    for (const memberId of due) {
      const digest = tombstoneOf(memberId);
      await insertErasure(tx, { id: randomUUIDv7(), memberId, digest, beganAt: now, nextAttemptAt: now });
      await recordAudit(tx, { action: "auth.erasure.begin", actor: { kind: "system" }, subject: memberId });
      await endAllSessions(tx, memberId, now);
      await emit(tx, SessionRevoked, {
        aggregateId: memberId,
        payload: { memberId, sessionId: null, revokedAt: now.toISOString() },
      });
    }
    return due.length;
  });
}
