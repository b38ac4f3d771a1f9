import { and, eq, gt, lt } from "drizzle-orm";
import { askedMails } from "../schema.ts";
import type { Tx } from "../storage.ts";

type StoredMail = typeof askedMails.$inferSelect;

/** No more than its budget lets go in that time. */
export function listAskedMails(tx: Tx, address: string, since: Date): Promise<StoredMail[]> {
  return tx
    .select()
    .from(askedMails)
    .where(and(eq(askedMails.address, address), gt(askedMails.sentAt, since)))
    .limit(100);
}

/** One that is carried again is there. */
export async function insertAskedMail(tx: Tx, mail: StoredMail): Promise<void> {
  await tx.insert(askedMails).values(mail).onConflictDoNothing({ target: askedMails.letterId });
}

export async function deleteAskedMailsBefore(tx: Tx, before: Date): Promise<void> {
  await tx.delete(askedMails).where(lt(askedMails.sentAt, before));
}
