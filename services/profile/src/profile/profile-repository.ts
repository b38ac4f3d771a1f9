import { eq } from "drizzle-orm";
import { profiles } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type ProfileRow = typeof profiles.$inferSelect;

/** All but what no change may touch. */
export type ProfileChanges = Partial<
  Omit<ProfileRow, "memberId" | "birthDate" | "version" | "createdAt" | "changedAt">
>;

export async function findProfile(reads: Reads, memberId: string): Promise<ProfileRow | undefined> {
  const [row] = await reads.select().from(profiles).where(eq(profiles.memberId, memberId));
  return row;
}

/** Until the transaction ends, nobody else changes this profile. */
export async function lockProfile(tx: Tx, memberId: string): Promise<ProfileRow | undefined> {
  const [row] = await tx.select().from(profiles).where(eq(profiles.memberId, memberId)).for("update");
  return row;
}

/** Gives nothing if there is one already, also one that another transaction was about to commit. */
export async function insertProfile(
  tx: Tx,
  values: typeof profiles.$inferInsert,
): Promise<ProfileRow | undefined> {
  const [row] = await tx.insert(profiles).values(values).onConflictDoNothing().returning();
  return row;
}

export async function updateProfile(
  tx: Tx,
  memberId: string,
  changes: ProfileChanges & Pick<ProfileRow, "version" | "changedAt">,
): Promise<ProfileRow> {
  const [row] = await tx.update(profiles).set(changes).where(eq(profiles.memberId, memberId)).returning();
  if (!row) throw new Error("a profile that is locked is there");
  return row;
}
