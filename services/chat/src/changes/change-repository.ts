import type { AccountStatus, Change } from "@kismet/contracts";
import type { Database, Transaction } from "@kismet/database";
import { requireContext } from "@kismet/service-kit";
import { eq, sql } from "drizzle-orm";
import { messageFrom, type MessageRow } from "../messages/message-row.ts";
import * as schema from "../schema.ts";

const { changes, conversations, members, messages, participants } = schema;

export type Schema = typeof schema;
export type NewChange = { memberId: string; conversationId: string; change: Change };
/** A change in its place, with the request that caused it. */
export type FeedEntry = { seq: number; change: Change; requestId: string; traceparent: string };

/**
 * Numbers the changes and writes them. The counters are locked in order of ids, so that two transactions with members
 * in common never wait for each other; they stay locked until the commit, so that a seq is never seen before a smaller
 * one. Gives the seqs in the order of the changes.
 */
export async function insertChanges(tx: Transaction<Schema>, added: readonly NewChange[]): Promise<number[]> {
  const { requestId, traceparent } = requireContext();
  const { rows } = await tx.execute<{ seq: string }>(sql`
    WITH input AS (
      SELECT * FROM unnest(
        ${sql.param(added.map((one) => one.memberId))}::uuid[],
        ${sql.param(added.map((one) => one.conversationId))}::uuid[],
        ${sql.param(added.map((one) => JSON.stringify(one.change)))}::jsonb[]
      ) WITH ORDINALITY AS i (member_id, conversation_id, body, ord)
    ), locked AS (
      SELECT id, change_seq FROM ${members}
      WHERE id IN (SELECT member_id FROM input) ORDER BY id FOR UPDATE
    ), numbered AS (
      SELECT i.*, l.change_seq + row_number() OVER (PARTITION BY i.member_id ORDER BY i.ord) AS seq
      FROM input i JOIN locked l ON l.id = i.member_id
    ), counted AS (
      UPDATE ${members} AS m SET change_seq = n.last
      FROM (SELECT member_id, max(seq) AS last FROM numbered GROUP BY member_id) n
      WHERE m.id = n.member_id
    ), written AS (
      INSERT INTO ${changes} (member_id, seq, conversation_id, body, request_id, traceparent, created_at)
      SELECT member_id, seq, conversation_id, body, ${requestId}, ${traceparent}, clock_timestamp()
      FROM numbered
    )
    SELECT seq FROM numbered ORDER BY ord`);
  return rows.map((row) => Number(row.seq));
}

type EntryRow = {
  seq: string;
  conversation_id: string;
  member_id: string;
  partner_id: string;
  is_visible: boolean;
  body: Change | null;
  request_id: string;
  traceparent: string;
} & MessageRow;

/**
 * The entries that follow `since` without a gap. What was said in a conversation that has ended or is hidden is told no
 * more: in its place stands that the conversation is gone. A partner who has been erased is nobody, and so not joined.
 */
export async function entriesAfter(
  database: Database<Schema>,
  memberId: string,
  since: number,
  limit: number,
): Promise<FeedEntry[]> {
  const { rows } = await database.read.execute<EntryRow>(sql`
    WITH entry AS MATERIALIZED (
      SELECT * FROM ${changes} WHERE member_id = ${memberId} AND seq > ${since} ORDER BY seq LIMIT ${limit}
    )
    SELECT ch.seq, ch.conversation_id, ch.member_id, ch.body, ch.request_id, ch.traceparent, p.partner_id,
      c.ended_at IS NULL AND me.status = 'active' AND partner.status = 'active' AS is_visible,
      m.id AS message_id, m.seq AS message_seq, m.sender_id, m.client_message_id, m.type, m.body AS text,
      m.created_at
    FROM entry ch
    JOIN ${conversations} c ON c.id = ch.conversation_id
    JOIN ${participants} p ON p.conversation_id = ch.conversation_id AND p.member_id = ch.member_id
    JOIN ${members} me ON me.id = ch.member_id
    LEFT JOIN ${members} partner ON partner.id = p.partner_id
    LEFT JOIN ${messages} m ON m.conversation_id = ch.conversation_id AND m.seq = ch.message_seq
    ORDER BY ch.seq`);
  const hole = rows.findIndex((row, i) => Number(row.seq) !== since + 1 + i);
  return rows.slice(0, hole === -1 ? rows.length : hole).map(entryFrom);
}

function entryFrom(row: EntryRow): FeedEntry {
  return {
    seq: Number(row.seq),
    change: changeFrom(row),
    requestId: row.request_id,
    traceparent: row.traceparent,
  };
}

function changeFrom(row: EntryRow): Change {
  if (!row.is_visible) return unmatchOf(row.conversation_id, row.partner_id);
  return row.body ?? { type: "message", message: messageFrom(row) };
}

export function matchOf(conversationId: string, partnerId: string): Change {
  return { type: "match", match: { id: conversationId, conversationId, memberId: partnerId } };
}

export function unmatchOf(conversationId: string, partnerId: string): Change {
  return { type: "unmatch", unmatch: { id: conversationId, conversationId, memberId: partnerId } };
}

/** Where a feed stands, and the first entry after `since` that is still kept. */
export async function feedPosition(
  database: Database<Schema>,
  memberId: string,
  since: number,
): Promise<{ head: number; nextKept: number | undefined }> {
  const { rows } = await database.read.execute<{ head: string; next_kept: string | null }>(sql`
    SELECT m.change_seq AS head,
      (SELECT seq FROM ${changes} WHERE member_id = m.id AND seq > ${since} ORDER BY seq LIMIT 1) AS next_kept
    FROM ${members} m WHERE m.id = ${memberId}`);
  const row = rows[0];
  return { head: Number(row?.head ?? 0), nextKept: row?.next_kept ? Number(row.next_kept) : undefined };
}

/** Of a member who connects; one who was never heard of has an account all the same, and an empty feed. */
export async function findMember(
  database: Database<Schema>,
  memberId: string,
): Promise<{ status: AccountStatus; head: number }> {
  const [row] = await database.read
    .select({ status: members.status, head: members.changeSeq })
    .from(members)
    .where(eq(members.id, memberId));
  return row ?? { status: "active", head: 0 };
}

export async function feedHeads(
  database: Database<Schema>,
  memberIds: readonly string[],
): Promise<{ memberId: string; head: number }[]> {
  const { rows } = await database.read.execute<{ id: string; change_seq: string }>(sql`
    SELECT id, change_seq FROM ${members} WHERE id = ANY (${sql.param(memberIds)}::uuid[])`);
  return rows.map((row) => ({ memberId: row.id, head: Number(row.change_seq) }));
}

/** Deletes up to `limit` entries from before; gives how many it found. */
export async function deleteEntriesBefore(
  database: Database<Schema>,
  moment: Date,
  limit: number,
): Promise<number> {
  const result = await database.read.execute(sql`
    DELETE FROM ${changes} WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${changes} WHERE created_at < ${moment} LIMIT ${limit} FOR UPDATE SKIP LOCKED))`);
  return result.rowCount ?? 0;
}
