import type { AccountStatus } from "@kismet/contracts";

export type EmailChangeFacts = {
  /** Null where the address is somebody else's: nobody can confirm that. */
  codeHash: string | null;
  triesLeft: number;
  requestedAt: Date;
  confirmedAt: Date | null;
  /** Replaced by another, or undone. */
  closedAt: Date | null;
};

const hourMs = 3_600_000;
/** Of one member, and to one address: nobody's mailbox is to be flooded by a stranger. */
export const maxChangesPerHour = 5;
/** What was added to the account in so long before the change was asked for may be of whoever asked for it. */
const suspectHours = 24;

/** Who is banned stays with the mailbox that the ban knows them by; who leaves, with the one that the way back goes to. */
export function mayMove(status: AccountStatus): boolean {
  return status !== "unverified" && status !== "deleting" && status !== "banned";
}

/** Whether it waits for its code or its link. */
export function isPending(
  { codeHash, triesLeft, requestedAt, confirmedAt, closedAt }: EmailChangeFacts,
  now: Date,
  codeSeconds: number,
): boolean {
  const isOpen = codeHash !== null && confirmedAt === null && closedAt === null;
  return isOpen && triesLeft > 0 && now.getTime() - requestedAt.getTime() < codeSeconds * 1_000;
}

/** Whether the old address can still have it back, and is kept for that. */
export function isUndoable(
  { confirmedAt, closedAt }: EmailChangeFacts,
  now: Date,
  undoHours: number,
): boolean {
  return (
    confirmedAt !== null &&
    closedAt === null &&
    confirmedAt.getTime() > undoableSince(now, undoHours).getTime()
  );
}

export function undoableSince(now: Date, undoHours: number): Date {
  return new Date(now.getTime() - undoHours * hourMs);
}

export function mayBeAsked({ byMember, forAddress }: { byMember: number; forAddress: number }): boolean {
  return byMember < maxChangesPerHour && forAddress < maxChangesPerHour;
}

export function anHourBefore(now: Date): Date {
  return new Date(now.getTime() - hourMs);
}

export function suspectSince({ requestedAt }: EmailChangeFacts): Date {
  return new Date(requestedAt.getTime() - suspectHours * hourMs);
}
