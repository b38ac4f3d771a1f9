import { randomUUIDv7 } from "node:crypto";
import type { Member } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import { type Clock, dayOf } from "@kismet/service-kit";
import { insertAccount, lockAccount } from "../accounts/accounts-repository.ts";
import { freeAddress } from "../email/free-address.ts";
import type { Letterbox } from "../letters/letterbox.ts";
import type { MailLinks } from "../letters/mail-links.ts";
import { staffInvitationMail } from "../letters/mails/staff-invitation-mail.ts";
import type { Digests } from "../secrets/digests.ts";
import { decideBirthDate } from "../signup/decide-birth-date.ts";
import { isBanned } from "../standing/ban-marks.ts";
import { activateAccount } from "../standing/activate-account.ts";
import type { AuthDatabase } from "../storage.ts";
import { invitationSeconds, invitationTokenOf } from "./invitation.ts";
import { AddressTaken, MailboxBanned } from "./staff-errors.ts";

type Deps = {
  database: AuthDatabase;
  clock: Clock;
  digests: Digests;
  letterbox: Letterbox;
  links: MailLinks;
  minimumAge: number;
  /** So long an old address can undo a change, and is kept for that. */
  undoHours: number;
};

/** They accept terms when they use the product as members do: nobody accepts them for somebody else. */
const noTerms = "none";

/**
 * An account for somebody who has none, with a role and without a password: the mail to the address is the only way in, and so
 * proves it. The role counts only in a session with a second factor, which they set up themselves.
 */
export async function createStaff(
  deps: Deps,
  asked: { email: string; role: Member["roles"][number]; birthDate: string; locale: string },
): Promise<{ memberId: string; invitedUntil: Date }> {
  const { database, clock, digests, letterbox, links, minimumAge, undoHours } = deps;
  const { email, role, birthDate, locale } = asked;
  const now = clock.now();
  decideBirthDate(birthDate, dayOf(now), minimumAge);
  const memberId = randomUUIDv7();
  return database.transaction(async (tx) => {
    if (!(await freeAddress(tx, { email, memberId, now, undoHours }))) throw new AddressTaken();
    if (await isBanned(tx, digests, email)) throw new MailboxBanned();
    await insertAccount(tx, {
      memberId,
      email,
      passwordHash: null,
      birthDate,
      locale,
      acceptedTermsVersion: noTerms,
      status: "unverified",
      createdAt: now,
    });
    const account = await lockAccount(tx, memberId);
    if (!account) throw new AddressTaken();
    await activateAccount(tx, account, now, { roles: [role] });
    await recordAudit(tx, { action: "auth.staff.create", subject: memberId, details: { roles: [role] } });
    const url = links("reset", invitationTokenOf(digests, account), locale);
    const mail = staffInvitationMail(account, { url, validFor: invitationSeconds });
    await letterbox.post(tx, { kind: "mail", mail });
    return { memberId, invitedUntil: new Date(now.getTime() + invitationSeconds * 1_000) };
  });
}
