import { randomBytes } from "node:crypto";
import { findAccountByEmail, lockAccount } from "../accounts/accounts-repository.ts";
import type { Letter, Mail } from "../letters/letter.ts";
import { addressConfirmationMail } from "../letters/mails/address-confirmation-mail.ts";
import { addressWantedMail } from "../letters/mails/address-wanted-mail.ts";
import { findRunning } from "../sessions/sessions-repository.ts";
import { newCode, triesPerCode } from "../signup/codes.ts";
import { isBanned } from "../standing/ban-marks.ts";
import { anHourBefore, mayBeAsked, mayMove } from "./decide-email-change.ts";
import type { EmailChangeDeps } from "./email-change-deps.ts";
import {
  closePendingChanges,
  countEmailChanges,
  listEmailChanges,
  saveEmailChange,
} from "./email-changes-repository.ts";
import { changeCodeHashOf } from "./confirm-email-change.ts";
import { isAddressTaken } from "./free-address.ts";

type ChangeLetter = Extract<Letter, { kind: "email-change" }>;

/**
 * The work of the postman, since what is done depends on whose the new address is. Of several requests the latest counts,
 * in whatever order their letters are carried: ids sort by time.
 */
export async function makeEmailChange(
  deps: EmailChangeDeps,
  { memberId, sessionId, newEmail }: ChangeLetter,
  id: string,
): Promise<Mail | undefined> {
  const { database, clock, digests, links, codeSeconds, undoHours } = deps;
  return database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    if (!account || !mayMove(account.status)) return undefined;
    if (account.email === newEmail) return undefined;
    const session = await findRunning(tx, memberId, sessionId ?? null);
    if (!session) return undefined;
    const changes = await listEmailChanges(tx, memberId);
    const now = clock.now();
    const [latest] = changes;
    if (latest && latest.id > id) return undefined;
    const asked = await countEmailChanges(tx, { memberId, newEmail, since: anHourBefore(now) });
    if (latest?.id !== id && !mayBeAsked(asked)) return undefined;
    await closePendingChanges(tx, memberId, now);
    const isTaken = await isAddressTaken(tx, { email: newEmail, memberId, now, undoHours });
    // Not told, as at a sign-up: neither who asks, nor the mailbox.
    const isClosed = await isBanned(tx, digests, newEmail);
    const code = newCode();
    const token = randomBytes(32).toString("base64url");
    await saveEmailChange(tx, {
      id,
      memberId,
      oldEmail: account.email,
      newEmail,
      codeHash: isTaken || isClosed ? null : changeCodeHashOf(digests, id, code),
      linkHash: isTaken || isClosed ? null : digests.of("e-mail change", token),
      triesLeft: triesPerCode,
      requestedAt: now,
      confirmedAt: null,
      undoHash: null,
      closedAt: null,
      sessionId: session.id,
    });
    if (isClosed) return undefined;
    if (isTaken) {
      const holder = await findAccountByEmail(tx, newEmail);
      return holder && addressWantedMail(holder, {});
    }
    const { locale } = account;
    const url = links("confirm", token, locale);
    return addressConfirmationMail({ email: newEmail, locale }, { code, url, validFor: codeSeconds });
  });
}
