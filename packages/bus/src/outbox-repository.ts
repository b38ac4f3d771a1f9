import type { AnyTransaction } from "@kismet/database";
import { sql } from "drizzle-orm";

export type OutboxEntry = {
  eventId: string;
  subject: string;
  aggregateId: string;
  payload: unknown;
  about: string[];
  requestId: string;
  traceparent: string;
  cause: string | null;
};

export type OutboxRow = Omit<OutboxEntry, "about"> & { id: number; occurredAt: string };

export type Published = { id: number; streamSeq: number };

const table = (schema: string) => sql`${sql.identifier(schema)}.outbox`;

export async function insertOutbox(tx: AnyTransaction, schema: string, entry: OutboxEntry): Promise<void> {
  const { eventId, subject, aggregateId, payload, about, requestId, traceparent, cause } = entry;
  await tx.execute(sql`
    INSERT INTO ${table(schema)}
      (event_id, subject, aggregate_id, payload, about, request_id, traceparent, cause, occurred_at)
    VALUES (${eventId}, ${subject}, ${aggregateId}, ${JSON.stringify(payload)}::jsonb,
      ${sql.param(about)}::uuid[], ${requestId}, ${traceparent}, ${cause}, clock_timestamp())`);
}

const columns = sql`id, event_id AS "eventId", subject, aggregate_id AS "aggregateId", payload,
  request_id AS "requestId", traceparent, cause, occurred_at AS "occurredAt"`;

/** The oldest that the stream has not taken. */
export async function selectUnpublished(
  db: AnyTransaction,
  schema: string,
  limit: number,
): Promise<OutboxRow[]> {
  const { rows } = await db.execute<OutboxRow>(
    sql`SELECT ${columns} FROM ${table(schema)} WHERE published_at IS NULL ORDER BY id LIMIT ${limit}`,
  );
  return rows.map(readRow);
}

export async function markPublished(
  db: AnyTransaction,
  schema: string,
  stream: string,
  published: Published[],
): Promise<void> {
  const ids = sql.param(published.map(({ id }) => id));
  const seqs = sql.param(published.map(({ streamSeq }) => streamSeq));
  await db.execute(sql`
    UPDATE ${table(schema)} AS o SET published_at = now(), stream = ${stream}, stream_seq = p.seq
    FROM unnest(${ids}::bigint[], ${seqs}::bigint[]) AS p (id, seq)
    WHERE o.id = p.id AND o.published_at IS NULL`);
}

export type Tail = { id: number; eventId: string; stream: string; streamSeq: number };

/** The newest events that the stream acknowledged, newest first. */
export async function selectTail(db: AnyTransaction, schema: string, limit: number): Promise<Tail[]> {
  const { rows } = await db.execute<Tail>(sql`
    SELECT id, event_id AS "eventId", stream, stream_seq AS "streamSeq" FROM ${table(schema)}
    WHERE published_at IS NOT NULL AND subject LIKE 'events.%' ORDER BY id DESC LIMIT ${limit}`);
  return rows.map((row) => ({ ...row, id: Number(row.id), streamSeq: Number(row.streamSeq) }));
}

/** What the relay is to publish again: of other incarnations of the stream, and of this one after a sequence. */
type Lost = { stream: string; afterSeq: number; notOlderThanMs: number };

const unmarkedAtOnce = 10_000;

/** Gives back how many; in steps, since there may be more than one statement has time for. */
export async function unmarkLost(db: AnyTransaction, schema: string, lost: Lost): Promise<number> {
  const { stream, afterSeq, notOlderThanMs } = lost;
  let count = 0;
  for (let afterId = 0; ;) {
    const { rows } = await db.execute<{ last: string | null; count: string }>(sql`
      WITH lost AS (
        SELECT id FROM ${table(schema)}
        WHERE id > ${afterId} AND published_at > now() - ${notOlderThanMs} * interval '1 millisecond'
          AND (stream <> ${stream} OR stream_seq > ${afterSeq})
        ORDER BY id LIMIT ${unmarkedAtOnce}
      ), unmarked AS (
        UPDATE ${table(schema)} AS o SET published_at = NULL, stream = NULL, stream_seq = NULL
        FROM lost WHERE o.id = lost.id RETURNING o.id
      )
      SELECT max(id) AS last, count(*) AS count FROM unmarked`);
    const step = Number(rows[0]?.count ?? 0);
    count += step;
    if (step < unmarkedAtOnce) return count;
    afterId = Number(rows[0]?.last);
  }
}

export async function outboxBacklog(
  db: AnyTransaction,
  schema: string,
): Promise<{ pending: number; oldestSeconds: number }> {
  const { rows } = await db.execute<{ pending: string; oldest: string | null }>(sql`
    SELECT count(*) AS pending, extract(epoch FROM now() - min(occurred_at)) AS oldest
    FROM ${table(schema)} WHERE published_at IS NULL`);
  return { pending: Number(rows[0]?.pending ?? 0), oldestSeconds: Math.max(0, Number(rows[0]?.oldest ?? 0)) };
}

export async function newestId(db: AnyTransaction, schema: string): Promise<number> {
  const { rows } = await db.execute<{ id: string | null }>(sql`SELECT max(id) AS id FROM ${table(schema)}`);
  return Number(rows[0]?.id ?? 0);
}

export async function selectHistory(
  db: AnyTransaction,
  schema: string,
  {
    subjects,
    afterId,
    uptoId,
    limit,
  }: { subjects: string[]; afterId: number; uptoId: number; limit: number },
): Promise<OutboxRow[]> {
  const { rows } = await db.execute<OutboxRow>(sql`
    SELECT ${columns} FROM ${table(schema)}
    WHERE id > ${afterId} AND id <= ${uptoId} AND subject = ANY(${sql.param(subjects)}::text[])
    ORDER BY id LIMIT ${limit}`);
  return rows.map(readRow);
}

/** bigint comes as text, and times as Postgres writes them. */
function readRow(row: OutboxRow): OutboxRow {
  return { ...row, id: Number(row.id), occurredAt: new Date(row.occurredAt).toISOString() };
}
