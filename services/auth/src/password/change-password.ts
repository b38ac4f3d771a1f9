import type { Member, Session } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { NotFound, Unauthenticated } from "@kismet/service-kit";
import { findAccount, lockAccount, updateAccount } from "../accounts/accounts-repository.ts";
import { passwordChangedMail } from "../letters/mails/password-changed-mail.ts";
import { tellEnded } from "../sessions/end-sessions.ts";
import { answerOf, openSession } from "../sessions/open-session.ts";
import { endAllSessions, findRunning, type StoredSession } from "../sessions/sessions-repository.ts";
import { forgetDevices } from "../signin/devices-repository.ts";
import { closeChallengesOf } from "../signin/challenges-repository.ts";
import type { Tx } from "../storage.ts";
import { commonPasswords } from "./common-passwords.ts";
import { decidePassword } from "./decide-password.ts";
import { CurrentPasswordWrong } from "./password-errors.ts";
import type { PasswordDeps } from "./reset-password.ts";
import { deleteReset } from "./resets-repository.ts";

/**
 * Signs out everywhere, also here: this device goes on with a new session, which is as strong and as fresh as the one before.
 * docs/adr/step-up.md.
 */
export async function changePassword(
  deps: PasswordDeps,
  member: Member,
  { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
): Promise<Session> {
  const { database, hasher, guard } = deps;
  const { memberId, sessionId } = member;
  const known = await findAccount(database.read, memberId);
  if (!known) throw new NotFound();
  const isRight = await guard.attempt({ what: "own-password", memberId, sessionId }, async () =>
    (await hasher.verify(known.passwordHash, currentPassword)) ? true : undefined,
  );
  if (!isRight) {
    await recordAudit(database.read, { action: "auth.password.change", outcome: "refused" });
    throw new CurrentPasswordWrong();
  }
  decidePassword(newPassword, known.email, commonPasswords);
  const passwordHash = await hasher.hash(newPassword);
  const { account, session } = await database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    if (account?.passwordHash !== known.passwordHash) throw new CurrentPasswordWrong();
    const before = await findRunning(tx, memberId, sessionId);
    // It may have been ended while the passwords were hashed.
    if (!before) throw new Unauthenticated();
    await updateAccount(tx, memberId, { passwordHash });
    await recordAudit(tx, { action: "auth.password.change", subject: memberId });
    await deps.letterbox.post(tx, { kind: "mail", mail: passwordChangedMail(account, {}) });
    return { account, session: await replaceSessions(tx, deps, before) };
  });
  return answerOf(deps, session, account);
}

/** Ends all of a member's, and what was begun besides; one goes on under another name. */
async function replaceSessions(
  tx: Tx,
  { clock, rules }: PasswordDeps,
  { memberId, deviceName, deviceId, methods, authenticatedAt, place }: StoredSession,
): Promise<StoredSession> {
  const now = clock.now();
  await deleteReset(tx, memberId);
  await closeChallengesOf(tx, memberId, now);
  await forgetDevices(tx, memberId, { except: deviceId });
  await tellEnded(tx, memberId, await endAllSessions(tx, memberId, now), now);
  return openSession(tx, {
    ...{ memberId, deviceName: deviceName ?? undefined, deviceId, methods, authenticatedAt, place },
    ...{ now, rules },
  });
}
