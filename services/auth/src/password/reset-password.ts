import { recordAudit } from "@kismet/database";
import {
  findAccount,
  lockAccount,
  type StoredAccount,
  updateAccount,
} from "../accounts/accounts-repository.ts";
import type { Letterbox } from "../letters/letterbox.ts";
import { passwordChangedMail } from "../letters/mails/password-changed-mail.ts";
import { tellEnded } from "../sessions/end-sessions.ts";
import { idOfToken } from "../secrets/id-of-token.ts";
import type { SessionDeps } from "../sessions/session-deps.ts";
import { endAllSessions } from "../sessions/sessions-repository.ts";
import type { GuessGuard } from "../signin/guess-guard.ts";
import { forgetDevices } from "../signin/devices-repository.ts";
import { closeChallengesOf } from "../signin/challenges-repository.ts";
import { isInvitationOf } from "../staff/invitation.ts";
import { commonPasswords } from "./common-passwords.ts";
import { decidePassword } from "./decide-password.ts";
import { ResetTokenInvalid } from "./password-errors.ts";
import { deleteReset, findReset } from "./resets-repository.ts";

export type PasswordDeps = SessionDeps & { letterbox: Letterbox; guard: GuessGuard; codeSeconds: number };

/** Whose password the token may set: of a reset that was asked for, or of an invitation. */
export async function findResetAccount(
  deps: PasswordDeps,
  token: string,
): Promise<StoredAccount | undefined> {
  const { database, clock, digests, codeSeconds } = deps;
  const invited = idOfToken(token);
  if (invited !== undefined) {
    const account = await findAccount(database.read, invited);
    return account && isInvitationOf(digests, token, account, clock.now()) ? account : undefined;
  }
  const reset = await findReset(database.read, digests.of("password reset", token));
  if (!reset || clock.now().getTime() - reset.createdAt.getTime() >= codeSeconds * 1_000) return undefined;
  return findAccount(database.read, reset.memberId);
}

/** Good once, and signs out everywhere. */
export async function resetPassword(deps: PasswordDeps, token: string, password: string): Promise<void> {
  const { database, clock, hasher, digests, letterbox } = deps;
  const account = await findResetAccount(deps, token);
  if (!account) throw new ResetTokenInvalid();
  const tokenHash = digests.of("password reset", token);
  const { memberId, email } = account;
  decidePassword(password, email, commonPasswords);
  const passwordHash = await hasher.hash(password);
  await database.transaction(async (tx) => {
    const locked = await lockAccount(tx, memberId);
    const isInvitation = locked && isInvitationOf(digests, token, locked, clock.now());
    // Somebody may have used it meanwhile.
    if (!isInvitation && !(await findReset(tx, tokenHash))) throw new ResetTokenInvalid();
    await deleteReset(tx, memberId);
    await updateAccount(tx, memberId, { passwordHash });
    await recordAudit(tx, { action: "auth.password.reset", actor: { kind: "stranger" }, subject: memberId });
    const now = clock.now();
    await closeChallengesOf(tx, memberId, now);
    await forgetDevices(tx, memberId, {});
    await tellEnded(tx, memberId, await endAllSessions(tx, memberId, now), now);
    await letterbox.post(tx, { kind: "mail", mail: passwordChangedMail(account, {}) });
  });
}
