import { randomBytes } from "node:crypto";
import { recordAudit } from "@kismet/database";
import { lockAccount, type StoredAccount, updateAccount } from "../accounts/accounts-repository.ts";
import { addressChangedMail } from "../letters/mails/address-changed-mail.ts";
import { deleteReset } from "../password/resets-repository.ts";
import type { Digests } from "../secrets/digests.ts";
import { isEqual } from "../secrets/digests.ts";
import { findRunning } from "../sessions/sessions-repository.ts";
import { closeChallengesOf } from "../signin/challenges-repository.ts";
import { isBanned } from "../standing/ban-marks.ts";
import type { Reads, Tx } from "../storage.ts";
import { isPending, mayMove } from "./decide-email-change.ts";
import type { ConfirmDeps } from "./email-change-deps.ts";
import {
  countWrongCode,
  findEmailChange,
  listEmailChanges,
  saveEmailChange,
  type StoredEmailChange,
} from "./email-changes-repository.ts";
import { freeAddress } from "./free-address.ts";

/** With the change it belongs to: the same code of another one is another hash. */
export function changeCodeHashOf(digests: Digests, id: string, code: string): string {
  return digests.of("e-mail change code", id, code);
}

/** By the code, in the app that asked. Whether the address was changed. */
export async function confirmByCode(deps: ConfirmDeps, memberId: string, code: string): Promise<boolean> {
  const { database, digests } = deps;
  // A wrong code is refused after the commit: that it was tried must last.
  return database.transaction(async (tx) => {
    const account = await lockAccount(tx, memberId);
    const [change] = await listEmailChanges(tx, memberId);
    if (!account || !change?.codeHash || !(await isWaiting(tx, deps, change))) return false;
    if (isEqual(change.codeHash, changeCodeHashOf(digests, change.id, code)))
      return applyChange(tx, deps, account, change);
    await countWrongCode(tx, change.id);
    return false;
  });
}

/** By the link, wherever the mail is read. */
export async function findChangeOfLink(
  deps: ConfirmDeps,
  token: string,
): Promise<StoredEmailChange | undefined> {
  const { database, digests } = deps;
  const change = await findEmailChange(database.read, { linkHash: digests.of("e-mail change", token) });
  return change && (await isWaiting(database.read, deps, change)) ? change : undefined;
}

export async function confirmByLink(deps: ConfirmDeps, token: string): Promise<boolean> {
  const { database, digests } = deps;
  const linkHash = digests.of("e-mail change", token);
  const found = await findEmailChange(database.read, { linkHash });
  if (!found) return false;
  return database.transaction(async (tx) => {
    const account = await lockAccount(tx, found.memberId);
    // Somebody may have used it meanwhile.
    const change = await findEmailChange(tx, { linkHash });
    if (!account || !change || !(await isWaiting(tx, deps, change))) return false;
    return applyChange(tx, deps, account, change);
  });
}

/**
 * Whether it can be confirmed: it is pending, and the session in which it was asked for goes on. So whatever ends a session
 * (a reset, another password, a device signed out) ends what somebody else may have begun in it.
 */
async function isWaiting(
  reads: Reads,
  { clock, codeSeconds }: ConfirmDeps,
  change: StoredEmailChange,
): Promise<boolean> {
  if (!isPending(change, clock.now(), codeSeconds)) return false;
  return (await findRunning(reads, change.memberId, change.sessionId)) !== undefined;
}

async function applyChange(
  tx: Tx,
  { clock, digests, links, letterbox, undoHours }: ConfirmDeps,
  account: StoredAccount,
  change: StoredEmailChange,
): Promise<boolean> {
  const { memberId, email: oldEmail, locale, status } = account;
  const { newEmail } = change;
  const now = clock.now();
  if (!mayMove(status)) return false;
  // It may have been banned since it was asked for.
  if (await isBanned(tx, digests, newEmail)) return false;
  if (!(await freeAddress(tx, { email: newEmail, memberId, now, undoHours }))) return false;
  await updateAccount(tx, memberId, { email: newEmail });
  await recordAudit(tx, { action: "auth.email.change", subject: memberId });
  // What is on its way to the old address is good no more.
  await deleteReset(tx, memberId);
  await closeChallengesOf(tx, memberId, now);
  const token = randomBytes(32).toString("base64url");
  const undoHash = digests.of("e-mail undo", token);
  await saveEmailChange(tx, {
    ...change,
    oldEmail,
    codeHash: null,
    linkHash: null,
    confirmedAt: now,
    undoHash,
  });
  const url = links("undo", token, locale);
  const told = { url, at: now, validFor: undoHours * 3_600 };
  await letterbox.post(tx, { kind: "mail", mail: addressChangedMail({ email: oldEmail, locale }, told) });
  return true;
}
