import { and, count, desc, eq, inArray, lt, ne, sql } from "drizzle-orm";
import { devices, places } from "../schema.ts";
import type { Reads, Tx } from "../storage.ts";

export type StoredDevice = typeof devices.$inferSelect;
type PlaceKey = { kind: "network" | "country"; value: string };

/** Of one member; the least used is forgotten for another one. */
const maxDevices = 50;
const nobodys = "00000000-0000-0000-0000-000000000000";

export async function findDevice(reads: Reads, id: string): Promise<StoredDevice | undefined> {
  const [row] = await reads.select().from(devices).where(eq(devices.id, id));
  return row;
}

export async function insertDevice(tx: Tx, device: StoredDevice): Promise<void> {
  await tx.insert(devices).values(device);
  const surplus = tx
    .select({ id: devices.id })
    .from(devices)
    .where(eq(devices.memberId, device.memberId))
    .orderBy(desc(devices.lastUsedAt), desc(devices.id))
    .offset(maxDevices);
  await tx.delete(devices).where(inArray(devices.id, surplus));
}

export async function touchDevice(
  tx: Tx,
  id: string,
  change: { name: string | null; now: Date },
): Promise<void> {
  const { name, now } = change;
  await tx
    .update(devices)
    .set({ lastUsedAt: now, ...(name === null ? {} : { name }) })
    .where(eq(devices.id, id));
}

/** Which of these the member has been seen at, and whether at any. */
export async function recallPlaces(
  reads: Reads,
  memberId: string,
  keys: readonly PlaceKey[],
): Promise<{ hasHistory: boolean; known: Set<string> }> {
  const [history] = await reads.select({ n: count() }).from(places).where(eq(places.memberId, memberId));
  const rows = await reads
    .select({ kind: places.kind, value: places.value })
    .from(places)
    .where(
      and(
        eq(places.memberId, memberId),
        inArray(
          places.value,
          keys.map(({ value }) => value),
        ),
      ),
    );
  return {
    hasHistory: (history?.n ?? 0) > 0,
    known: new Set(rows.map(({ kind, value }) => `${kind} ${value}`)),
  };
}

export async function rememberPlaces(
  tx: Tx,
  memberId: string,
  keys: readonly PlaceKey[],
  now: Date,
): Promise<void> {
  await tx
    .insert(places)
    .values(keys.map((key) => ({ memberId, ...key, firstSeenAt: now, lastSeenAt: now })))
    .onConflictDoUpdate({
      target: [places.memberId, places.kind, places.value],
      set: { lastSeenAt: sql`excluded.last_seen_at` },
    });
}

/** Those, other than the one, are new again: somebody else may have them. */
export async function forgetDevices(
  tx: Tx,
  memberId: string,
  { only, except }: { only?: readonly string[]; except?: string | null },
): Promise<void> {
  const which = only === undefined ? ne(devices.id, except ?? nobodys) : inArray(devices.id, [...only]);
  await tx.delete(devices).where(and(eq(devices.memberId, memberId), which));
}

/** For an account that has just got its owner: whoever was here before may have been somebody else. */
export async function forgetWhereabouts(tx: Tx, memberId: string): Promise<void> {
  await tx.delete(devices).where(eq(devices.memberId, memberId));
  await tx.delete(places).where(eq(places.memberId, memberId));
}

/** Countries stay: without any a member would look as if they had never signed in. */
export async function deleteWhereaboutsBefore(tx: Tx, before: Date): Promise<void> {
  await tx.delete(devices).where(lt(devices.lastUsedAt, before));
  await tx.delete(places).where(and(eq(places.kind, "network"), lt(places.lastSeenAt, before)));
}
