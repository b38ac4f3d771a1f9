import { sql } from "drizzle-orm";
import type { AnyTransaction } from "../advisory-locks.ts";
import type { AuditRow, SealedRow } from "./audit-chain.ts";

type Entry = Omit<AuditRow, "seq" | "occurredAt">;
export type PendingRow = Entry & { id: string; occurredAt: string };

const pending = (schema: string) => sql`${sql.identifier(schema)}.audit_pending`;
const trail = (schema: string) => sql`${sql.identifier(schema)}.audit_trail`;
const columns = sql`action, outcome, actor_kind AS "actorKind", actor, subject, session, network,
  request_id AS "requestId", details, occurred_at AS "occurredAt"`;

export async function insertPending(tx: AnyTransaction, schema: string, entry: Entry): Promise<void> {
  const { action, outcome, actorKind, actor, subject, session, network, requestId, details } = entry;
  await tx.execute(sql`
    INSERT INTO ${pending(schema)}
      (action, outcome, actor_kind, actor, subject, session, network, request_id, details, occurred_at)
    VALUES (${action}, ${outcome}, ${actorKind}, ${actor}, ${subject}, ${session}, ${network}, ${requestId},
      ${details}, clock_timestamp())`);
}

/** Takes the oldest away from those that wait, in the transaction that seals them. */
export async function takePending(tx: AnyTransaction, schema: string, limit: number): Promise<PendingRow[]> {
  const { rows } = await tx.execute<PendingRow>(sql`
    DELETE FROM ${pending(schema)} WHERE id IN (SELECT id FROM ${pending(schema)} ORDER BY id LIMIT ${limit})
    RETURNING id, ${columns}`);
  return rows.sort((a, b) => Number(a.id) - Number(b.id));
}

/** How many wait, and since when the oldest does. */
export async function pendingSince(
  db: AnyTransaction,
  schema: string,
): Promise<{ count: number; since: Date | null }> {
  const { rows } = await db.execute<{ count: number; since: string | null }>(
    sql`SELECT count(*)::int AS count, min(occurred_at) AS since FROM ${pending(schema)}`,
  );
  const [row] = rows;
  return { count: row?.count ?? 0, since: row?.since ? new Date(row.since) : null };
}

export async function appendTrail(
  tx: AnyTransaction,
  schema: string,
  rows: readonly SealedRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const values = rows.map(
    (
      row,
    ) => sql`(${row.seq}::bigint, ${row.action}, ${row.outcome}, ${row.actorKind}, ${row.actor}, ${row.subject},
      ${row.session}, ${row.network}, ${row.requestId}, ${row.details}, ${row.occurredAt.toISOString()}::timestamptz,
      ${row.digest})`,
  );
  await tx.execute(sql`
    INSERT INTO ${trail(schema)}
      (seq, action, outcome, actor_kind, actor, subject, session, network, request_id, details, occurred_at, digest)
    VALUES ${sql.join(values, sql`, `)}`);
}

/** Of `pseudonym` or of everybody, `limit` after or before a place in the chain. */
export type TrailQuery = {
  /** Under any of these names. */
  subject?: readonly string[] | undefined;
  actor?: string | undefined;
  action?: string | undefined;
} & ({ after: number } | { before: number });

export async function selectTrail(
  db: AnyTransaction,
  schema: string,
  query: TrailQuery,
  limit: number,
): Promise<SealedRow[]> {
  const place = "after" in query ? sql`seq > ${query.after}::bigint` : sql`seq < ${query.before}::bigint`;
  const conditions = [
    place,
    ...(query.subject === undefined
      ? []
      : [
          sql`subject IN (${sql.join(
            query.subject.map((name) => sql`${name}`),
            sql`, `,
          )})`,
        ]),
    ...(query.actor === undefined ? [] : [sql`actor = ${query.actor}`]),
    ...(query.action === undefined ? [] : [sql`action = ${query.action}`]),
  ];
  const order = "after" in query ? sql`seq` : sql`seq DESC`;
  const { rows } = await db.execute<
    Omit<SealedRow, "seq" | "occurredAt"> & { seq: string; occurredAt: string }
  >(sql`
    SELECT seq, digest, ${columns} FROM ${trail(schema)} WHERE ${sql.join(conditions, sql` AND `)}
    ORDER BY ${order} LIMIT ${limit}`);
  return rows.map((row) => ({ ...row, seq: Number(row.seq), occurredAt: new Date(row.occurredAt) }));
}
