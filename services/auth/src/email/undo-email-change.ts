import { recordAudit } from "@kismet/database";
import { lockAccount, updateAccount } from "../accounts/accounts-repository.ts";
import { deleteReset } from "../password/resets-repository.ts";
import { tellEnded } from "../sessions/end-sessions.ts";
import { endAllSessions } from "../sessions/sessions-repository.ts";
import { closeChallengesOf } from "../signin/challenges-repository.ts";
import { forgetWhereabouts } from "../signin/devices-repository.ts";
import { isUndoable, suspectSince } from "./decide-email-change.ts";
import type { ConfirmDeps } from "./email-change-deps.ts";
import {
  closeChangesSince,
  deleteFactorsSince,
  findEmailChange,
  type StoredEmailChange,
} from "./email-changes-repository.ts";
import { carryBanMark } from "../standing/carry-ban-mark.ts";
import { freeAddress } from "./free-address.ts";

export async function findChangeToUndo(
  deps: ConfirmDeps,
  token: string,
): Promise<StoredEmailChange | undefined> {
  const { database, clock, digests, undoHours } = deps;
  const change = await findEmailChange(database.read, { undoHash: digests.of("e-mail undo", token) });
  return change && isUndoable(change, clock.now(), undoHours) ? change : undefined;
}

/**
 * The old address is the account's again, whatever came after: of several changes the undoing of an earlier one wins, and
 * ends the later ones. Nobody who was signed in stays so, and nothing of what they may have set up to come back is left:
 * no password, no factor that is younger than the day before, no known device. A way back goes to the old address.
 * docs/adr/email-change.md.
 */
export async function undoEmailChange(deps: ConfirmDeps, token: string): Promise<boolean> {
  const { database, clock, digests, letterbox, undoHours } = deps;
  const undoHash = digests.of("e-mail undo", token);
  const found = await findEmailChange(database.read, { undoHash });
  if (!found) return false;
  const { memberId } = found;
  return database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    const change = await findEmailChange(tx, { undoHash });
    const now = clock.now();
    if (!account || !change?.confirmedAt || !isUndoable(change, now, undoHours)) return false;
    const { oldEmail: email, confirmedAt } = change;
    if (!(await freeAddress(tx, { email, memberId, now, undoHours }))) return false;
    await updateAccount(tx, memberId, { email, passwordHash: null });
    await carryBanMark(tx, digests, { memberId, email }, now);
    await recordAudit(tx, { action: "auth.email.undo", subject: memberId });
    await closeChangesSince(tx, memberId, confirmedAt, now);
    await deleteFactorsSince(tx, memberId, suspectSince(change));
    await deleteReset(tx, memberId);
    await closeChallengesOf(tx, memberId, now);
    await forgetWhereabouts(tx, memberId);
    await tellEnded(tx, memberId, await endAllSessions(tx, memberId, now), now);
    await letterbox.post(tx, { kind: "forgot-password", email });
    return true;
  });
}
