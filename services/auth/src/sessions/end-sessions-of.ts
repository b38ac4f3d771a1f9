import type { Clock } from "@kismet/service-kit";
import { lockAccount } from "../accounts/accounts-repository.ts";
import type { AuthDatabase } from "../storage.ts";
import { tellEnded } from "./end-sessions.ts";
import { endAllSessions, endSession } from "./sessions-repository.ts";

/** Ends one of a member's sessions, without an id all of them; gives those that had not ended yet. */
export async function endSessionsOf(
  { database, clock }: { database: AuthDatabase; clock: Clock },
  memberId: string,
  id?: string,
): Promise<string[]> {
  return database.transaction(async (tx) => {
    const now = clock.now();
    await lockAccount(tx, memberId);
    const ended =
      id === undefined ? await endAllSessions(tx, memberId, now) : await endSession(tx, memberId, id, now);
    await tellEnded(tx, memberId, ended, now);
    return ended;
  });
}
