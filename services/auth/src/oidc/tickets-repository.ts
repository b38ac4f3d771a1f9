import { and, eq, gt, lt, sql } from "drizzle-orm";
import { oidcTickets } from "../schema.ts";
import type { AuthDatabase, Reads, Tx } from "../storage.ts";

export type StoredTicket = typeof oidcTickets.$inferSelect;

export async function insertTicket(tx: Tx, ticket: typeof oidcTickets.$inferInsert): Promise<void> {
  await tx.insert(oidcTickets).values(ticket);
}

export async function findTicket(
  reads: Reads,
  tokenHash: string,
  now: Date,
): Promise<StoredTicket | undefined> {
  const [row] = await reads.select().from(oidcTickets).where(isOpen(tokenHash, now));
  return row;
}

export async function lockTicket(tx: Tx, tokenHash: string, now: Date): Promise<StoredTicket | undefined> {
  const [row] = await tx.select().from(oidcTickets).where(isOpen(tokenHash, now)).for("update");
  return row;
}

/** Comes back if the transaction fails. */
export async function takeTicket(tx: Tx, tokenHash: string, now: Date): Promise<StoredTicket | undefined> {
  const [row] = await tx.delete(oidcTickets).where(isOpen(tokenHash, now)).returning();
  return row;
}

export async function updateTicket(
  tx: Tx,
  tokenHash: string,
  change: Partial<typeof oidcTickets.$inferInsert>,
): Promise<void> {
  await tx.update(oidcTickets).set(change).where(eq(oidcTickets.tokenHash, tokenHash));
}

/** Takes one of the code's tries, for good, before what was tried is looked at. */
export async function takeTicketTry(
  { read }: Pick<AuthDatabase, "read">,
  tokenHash: string,
  now: Date,
): Promise<StoredTicket | undefined> {
  const [row] = await read
    .update(oidcTickets)
    .set({ triesLeft: sql`${oidcTickets.triesLeft} - 1` })
    .where(and(isOpen(tokenHash, now), gt(oidcTickets.triesLeft, 0)))
    .returning();
  return row;
}

/** How many codes went to an address for tickets that were made in the last hour. */
export async function countTicketCodes(tx: Tx, email: string): Promise<number> {
  const [row] = await tx
    .select({ sent: sql<number>`coalesce(sum(${oidcTickets.codesSent}), 0)::int` })
    .from(oidcTickets)
    .where(eq(oidcTickets.email, email));
  return row?.sent ?? 0;
}

export async function deleteTicketsBefore(tx: Tx, before: Date): Promise<void> {
  await tx.delete(oidcTickets).where(lt(oidcTickets.expiresAt, before));
}

function isOpen(tokenHash: string, now: Date) {
  return and(eq(oidcTickets.tokenHash, tokenHash), gt(oidcTickets.expiresAt, now));
}
