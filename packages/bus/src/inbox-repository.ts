import { type AnyTransaction, sharedLock } from "@kismet/database";
import { sql } from "drizzle-orm";
import type { StoredEvent } from "./events.ts";
import { tombstonesLock } from "./tombstones-repository.ts";

export type ParkedRow = StoredEvent & { cause: string; blocks: boolean; parkedAt: string };

const inbox = (schema: string) => sql`${sql.identifier(schema)}.inbox`;
const parked = (schema: string) => sql`${sql.identifier(schema)}.parked`;

/**
 * Notes that the consumer deals with these events, and gives back those that it had not dealt with before. In passing it
 * sees to it that nobody becomes an erased member until this transaction has ended: see tombstones-repository.ts.
 */
export async function claim(
  tx: AnyTransaction,
  schema: string,
  consumer: string,
  eventIds: string[],
): Promise<Set<string>> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    INSERT INTO ${inbox(schema)} (consumer, event_id)
    SELECT ${consumer}, id FROM (SELECT ${sharedLock(tombstonesLock(schema))}) AS held,
      unnest(${sql.param(eventIds)}::uuid[]) AS id
    ON CONFLICT DO NOTHING RETURNING event_id AS id`);
  return new Set(rows.map(({ id }) => id));
}

/**
 * Those of the aggregates that have a parked event, behind which later ones must wait. Locks what it finds, so that a
 * replay either takes the last parked event before we look, or sees the one that we put behind it.
 */
export async function blockedAggregates(
  tx: AnyTransaction,
  schema: string,
  consumer: string,
  aggregateIds: string[],
): Promise<Set<string>> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    SELECT aggregate_id AS id FROM ${parked(schema)}
    WHERE consumer = ${consumer} AND aggregate_id = ANY(${sql.param(aggregateIds)}::text[]) AND blocks
    FOR SHARE`);
  return new Set(rows.map(({ id }) => id));
}

export async function insertParked(
  tx: AnyTransaction,
  schema: string,
  consumer: string,
  event: StoredEvent,
  { cause, blocks }: { cause: string; blocks: boolean },
): Promise<void> {
  await tx.execute(sql`
    INSERT INTO ${parked(schema)} (consumer, event_id, position, subject, aggregate_id, payload, request_id,
      traceparent, occurred_at, cause, blocks)
    VALUES (${consumer}, ${event.eventId}, ${event.position}, ${event.subject}, ${event.aggregateId},
      ${JSON.stringify(event.payload)}::jsonb, ${event.requestId}, ${event.traceparent}, ${event.occurredAt},
      ${cause}, ${blocks})`);
}

const parkedColumns = sql`event_id AS "eventId", position, subject, aggregate_id AS "aggregateId", payload,
  request_id AS "requestId", traceparent, occurred_at AS "occurredAt", cause, blocks, parked_at AS "parkedAt"`;

export async function listParked(
  db: AnyTransaction,
  schema: string,
  consumer: string | undefined,
  limit: number,
): Promise<(ParkedRow & { consumer: string })[]> {
  const { rows } = await db.execute<ParkedRow & { consumer: string }>(sql`
    SELECT consumer, ${parkedColumns} FROM ${parked(schema)}
    WHERE ${consumer ?? null}::text IS NULL OR consumer = ${consumer ?? null}
    ORDER BY consumer, aggregate_id, position LIMIT ${limit}`);
  return rows.map((row) => ({ ...readRow(row), consumer: row.consumer }));
}

export async function parkedAggregates(
  db: AnyTransaction,
  schema: string,
  consumer: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await db.execute<{ id: string }>(sql`
    SELECT aggregate_id AS id FROM ${parked(schema)} WHERE consumer = ${consumer}
    GROUP BY aggregate_id ORDER BY min(position) LIMIT ${limit}`);
  return rows.map(({ id }) => id);
}

/** The oldest of an aggregate, locked against those who would park behind it or replay it too. */
export async function lockFirstParked(
  tx: AnyTransaction,
  schema: string,
  consumer: string,
  aggregateId: string,
): Promise<ParkedRow | undefined> {
  const { rows } = await tx.execute<ParkedRow>(sql`
    SELECT ${parkedColumns} FROM ${parked(schema)}
    WHERE consumer = ${consumer} AND aggregate_id = ${aggregateId}
    ORDER BY position LIMIT 1 FOR UPDATE`);
  return rows[0] && readRow(rows[0]);
}

export async function deleteParked(
  tx: AnyTransaction,
  schema: string,
  consumer: string,
  eventId: string,
): Promise<void> {
  await tx.execute(sql`DELETE FROM ${parked(schema)} WHERE consumer = ${consumer} AND event_id = ${eventId}`);
}

export async function countParked(db: AnyTransaction, schema: string): Promise<Map<string, number>> {
  const { rows } = await db.execute<{ consumer: string; count: string }>(
    sql`SELECT consumer, count(*) AS count FROM ${parked(schema)} GROUP BY consumer`,
  );
  return new Map(rows.map(({ consumer, count }) => [consumer, Number(count)]));
}

/** Before a rebuild: the consumer has seen nothing. */
export async function forgetEvents(tx: AnyTransaction, schema: string, consumer: string): Promise<void> {
  await tx.execute(sql`DELETE FROM ${inbox(schema)} WHERE consumer = ${consumer}`);
  await tx.execute(sql`DELETE FROM ${parked(schema)} WHERE consumer = ${consumer}`);
}

function readRow(row: ParkedRow): ParkedRow {
  return {
    ...row,
    position: Number(row.position),
    occurredAt: new Date(row.occurredAt).toISOString(),
    parkedAt: new Date(row.parkedAt).toISOString(),
  };
}
