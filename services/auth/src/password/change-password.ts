import type { Member, Session } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { NotFound } from "@kismet/service-kit";
import { findAccount, lockAccount, updateAccount } from "../accounts/accounts-repository.ts";
import { passwordChangedMail } from "../letters/mails/password-changed-mail.ts";
import { tellEnded } from "../sessions/end-sessions.ts";
import { answerOf, openSession } from "../sessions/open-session.ts";
import { endAllSessions, findSession } from "../sessions/sessions-repository.ts";
import { forgetDevices } from "../signin/devices-repository.ts";
import { closeChallengesOf } from "../signin/challenges-repository.ts";
import { commonPasswords } from "./common-passwords.ts";
import { decidePassword } from "./decide-password.ts";
import { CurrentPasswordWrong } from "./password-errors.ts";
import type { PasswordDeps } from "./reset-password.ts";
import { deleteReset } from "./resets-repository.ts";

/** Signs out everywhere, also here: this device goes on with a new session. */
export async function changePassword(
  deps: PasswordDeps,
  { memberId, sessionId }: Member,
  { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
): Promise<Session> {
  const { database, clock, hasher, guard, letterbox, rules } = deps;
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
    await updateAccount(tx, memberId, { passwordHash });
    await deleteReset(tx, memberId);
    await recordAudit(tx, { action: "auth.password.change", subject: memberId });
    const now = clock.now();
    const { deviceName, deviceId, place = null } = (await findSession(tx, sessionId)) ?? {};
    await closeChallengesOf(tx, memberId, now);
    await forgetDevices(tx, memberId, { except: deviceId ?? null });
    await tellEnded(tx, memberId, await endAllSessions(tx, memberId, now), now);
    await letterbox.post(tx, { kind: "mail", mail: passwordChangedMail(account, {}) });
    const session = await openSession(tx, {
      memberId,
      deviceName: deviceName ?? undefined,
      deviceId: deviceId ?? null,
      methods: ["password"],
      place,
      now,
      rules,
    });
    return { account, session };
  });
  return answerOf(deps, session, account);
}
