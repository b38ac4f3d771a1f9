import type { Member } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { type Clock, Forbidden, NotFound } from "@kismet/service-kit";
import { lockAccount, updateAccount } from "../accounts/accounts-repository.ts";
import { tellEnded } from "../sessions/end-sessions.ts";
import { endAllSessions } from "../sessions/sessions-repository.ts";
import type { AuthDatabase } from "../storage.ts";
import { mayHaveRoles } from "./decide-roles.ts";

/** Roles stand in tokens: all sessions end, so that no token is older than its roles. Nobody changes their own. */
export async function setRoles(
  { database, clock }: { database: AuthDatabase; clock: Clock },
  memberId: string,
  roles: Member["roles"],
  by: string | null,
): Promise<void> {
  await database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    if (!account || !mayHaveRoles(account, roles)) throw new NotFound();
    if (memberId === by) throw new Forbidden();
    const details = { from: account.roles, to: roles };
    await updateAccount(tx, memberId, { roles });
    await recordAudit(tx, { action: "auth.staff.roles", subject: memberId, details });
    const now = clock.now();
    await tellEnded(tx, memberId, await endAllSessions(tx, memberId, now), now);
  });
}
