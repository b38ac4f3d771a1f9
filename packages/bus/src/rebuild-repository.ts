import type { AnyTransaction } from "@kismet/database";
import { sql } from "drizzle-orm";

export type RebuildRow = {
  requestedAt: string;
  afterId: number | null;
  uptoId: number | null;
  handled: number;
  finishedAt: string | null;
};

const table = (schema: string) => sql`${sql.identifier(schema)}.rebuilds`;

/** Asked for again before it has finished, it begins anew. */
export async function requestRebuild(db: AnyTransaction, schema: string, consumer: string): Promise<string> {
  const { rows } = await db.execute<{ at: string }>(sql`
    INSERT INTO ${table(schema)} (consumer) VALUES (${consumer})
    ON CONFLICT (consumer) DO UPDATE
      SET requested_at = now(), after_id = NULL, upto_id = NULL, handled = 0, finished_at = NULL
    RETURNING requested_at AS at`);
  return new Date(rows[0]?.at ?? 0).toISOString();
}

export async function selectRebuild(
  db: AnyTransaction,
  schema: string,
  consumer: string,
): Promise<RebuildRow | undefined> {
  const { rows } = await db.execute<RebuildRow>(sql`
    SELECT requested_at AS "requestedAt", after_id AS "afterId", upto_id AS "uptoId", handled,
      finished_at AS "finishedAt"
    FROM ${table(schema)} WHERE consumer = ${consumer}`);
  const [row] = rows;
  return (
    row && {
      requestedAt: new Date(row.requestedAt).toISOString(),
      afterId: row.afterId === null ? null : Number(row.afterId),
      uptoId: row.uptoId === null ? null : Number(row.uptoId),
      handled: row.handled,
      finishedAt: row.finishedAt === null ? null : new Date(row.finishedAt).toISOString(),
    }
  );
}

export async function beginRebuild(
  tx: AnyTransaction,
  schema: string,
  consumer: string,
  uptoId: number,
): Promise<void> {
  await tx.execute(sql`
    UPDATE ${table(schema)} SET after_id = 0, upto_id = ${uptoId} WHERE consumer = ${consumer}`);
}

/** Does nothing if the rebuild was begun anew meanwhile. */
export async function advanceRebuild(
  tx: AnyTransaction,
  schema: string,
  consumer: string,
  { afterId, handled }: { afterId: number; handled: number },
): Promise<void> {
  await tx.execute(sql`
    UPDATE ${table(schema)} SET after_id = ${afterId}, handled = handled + ${handled}
    WHERE consumer = ${consumer} AND after_id IS NOT NULL`);
}

export async function finishRebuild(db: AnyTransaction, schema: string, consumer: string): Promise<void> {
  await db.execute(sql`
    UPDATE ${table(schema)} SET finished_at = now()
    WHERE consumer = ${consumer} AND after_id >= upto_id`);
}
