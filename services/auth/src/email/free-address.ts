import { findAccountByEmail, lockAccountByEmail } from "../accounts/accounts-repository.ts";
import { deleteAccountOf, lockAddress } from "../accounts/accounts-repository.ts";
import { tellEnded } from "../sessions/end-sessions.ts";
import { endAllSessions } from "../sessions/sessions-repository.ts";
import type { Reads, Tx } from "../storage.ts";
import { undoableSince } from "./decide-email-change.ts";
import { isAddressKept } from "./email-changes-repository.ts";

type Asked = { email: string; memberId: string; now: Date; undoHours: number };

/** Whether an address is another member's, or will be again. One that nobody has proven to be theirs is free. */
export async function isAddressTaken(
  reads: Reads,
  { email, memberId, now, undoHours }: Asked,
): Promise<boolean> {
  const holder = await findAccountByEmail(reads, email);
  if (holder && holder.memberId !== memberId && holder.status !== "unverified") return true;
  return isAddressKept(reads, { email, since: undoableSince(now, undoHours), except: memberId });
}

/** Makes room for a member who has proven the address. Whether there is any. */
export async function freeAddress(tx: Tx, asked: Asked): Promise<boolean> {
  const { email, memberId, now } = asked;
  await lockAddress(tx, email);
  if (await isAddressTaken(tx, asked)) return false;
  const holder = await lockAccountByEmail(tx, email);
  if (!holder || holder.memberId === memberId) return true;
  // It may have been verified while its lock was waited for: then, and only then, this decides.
  if (holder.status !== "unverified") return false;
  await tellEnded(tx, holder.memberId, await endAllSessions(tx, holder.memberId, now), now);
  await deleteAccountOf(tx, holder.memberId);
  return true;
}
