import { and, asc, eq, gt, notLike, sql } from "drizzle-orm";
import { ageChecks, exports, letters, signingKeys, totps } from "../schema.ts";
import type { Reads } from "../storage.ts";

/** Wherever something sealed lies, by the key of its row. What is missing here dies with the secret that sealed it. */
export const sealedPlaces = [
  { table: signingKeys, id: signingKeys.kid, sealed: signingKeys.sealedPrivateKey },
  { table: totps, id: totps.memberId, sealed: totps.sealedSecret },
  { table: exports, id: exports.id, sealed: exports.sealedKey },
  { table: letters, id: letters.id, sealed: letters.sealed },
  // Null once the check is over, and so not found here.
  { table: ageChecks, id: ageChecks.id, sealed: ageChecks.sealedRedirect },
] as const;
type Place = (typeof sealedPlaces)[number];

export async function listSealedOtherwise(
  reads: Reads,
  { table, id, sealed }: Place,
  prefix: string,
  after: string | undefined,
  limit: number,
): Promise<{ id: string; sealed: string }[]> {
  return reads
    .select({ id: sql<string>`${id}::text`, sealed: sql<string>`${sealed}` })
    .from(table)
    .where(and(notLike(sealed, `${prefix}%`), after === undefined ? undefined : gt(id, after)))
    .orderBy(asc(id))
    .limit(limit);
}

/** Whether the row still was as it was read. */
export async function resealRow(
  reads: Reads,
  { table, id, sealed }: Place,
  rowId: string,
  { sealed: before, anew }: { sealed: string; anew: string },
): Promise<boolean> {
  const column = sql.identifier(sealed.name);
  const { rowCount } = await reads.execute(
    sql`UPDATE ${table} SET ${column} = ${anew} WHERE ${eq(id, rowId)} AND ${eq(sealed, before)}`,
  );
  return (rowCount ?? 0) > 0;
}
