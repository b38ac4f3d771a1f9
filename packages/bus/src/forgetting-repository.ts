import type { AnyTransaction } from "@kismet/database";
import { sql } from "drizzle-orm";

/** `streamSeq` is null of what no stream has had. */
export type Told = {
  id: number;
  eventId: string;
  subject: string;
  isPublished: boolean;
  streamSeq: number | null;
};

const outbox = (schema: string) => sql`${sql.identifier(schema)}.outbox`;
const parked = (schema: string) => sql`${sql.identifier(schema)}.parked`;

/** What this service has told of a member, oldest first. */
export async function selectToldOf(
  db: AnyTransaction,
  schema: string,
  memberId: string,
  { afterId, limit }: { afterId: number; limit: number },
): Promise<Told[]> {
  const { rows } = await db.execute<Told>(sql`
    SELECT id, event_id AS "eventId", subject, published_at IS NOT NULL AS "isPublished",
      stream_seq AS "streamSeq" FROM ${outbox(schema)}
    WHERE about @> ARRAY[${memberId}]::uuid[] AND id > ${afterId} ORDER BY id LIMIT ${limit}`);
  return rows.map((row) => ({
    ...row,
    id: Number(row.id),
    streamSeq: row.streamSeq === null ? null : Number(row.streamSeq),
  }));
}

/** Gives the ids of the rows that went. */
export async function deleteToldOf(tx: AnyTransaction, schema: string, memberId: string): Promise<number[]> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    DELETE FROM ${outbox(schema)} WHERE about @> ARRAY[${memberId}]::uuid[] RETURNING id`);
  return rows.map(({ id }) => Number(id));
}

/** What could not be applied: few rows, if any, and each may name members anywhere. */
export async function deleteParkedOf(tx: AnyTransaction, schema: string, memberId: string): Promise<number> {
  const { rowCount } = await tx.execute(sql`
    DELETE FROM ${parked(schema)}
    WHERE position(${memberId} IN payload::text) > 0 OR position(${memberId} IN aggregate_id) > 0`);
  return rowCount ?? 0;
}
