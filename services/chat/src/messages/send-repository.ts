import type { Message, MessageContent } from "@kismet/contracts";
import type { Database } from "@kismet/database";
import { sql } from "drizzle-orm";
import type { Schema } from "../changes/change-repository.ts";
import { changes, conversations, members, messages, participants } from "../schema.ts";
import { messageFrom, type MessageRow } from "./message-row.ts";

/** A message on its way into the database, with the request that brings it. */
export type Outgoing = {
  id: string;
  conversationId: string;
  senderId: string;
  clientMessageId: string;
  content: MessageContent;
  requestId: string;
  traceparent: string;
};

/** `known`: the key was used before, for this message. `missing`: there is no such conversation for the sender. */
export type Outcome =
  | { kind: "sent"; message: Message; feeds: { memberId: string; seq: number }[] }
  | { kind: "known"; message: Message }
  | { kind: "missing" };

type SentRow = {
  ord: string;
  kind: Outcome["kind"];
  partner_id: string;
  sender_change: string;
  partner_change: string;
} & MessageRow;

/**
 * Writes a batch of messages, each with a key of its own, in one statement: it is one transaction and one round trip,
 * whatever the number of messages, conversations and members. Prepared, since planning it takes longer than running it.
 *
 * Rows are locked in one order everywhere, conversations before members and each by id, so that batches of several
 * instances never wait for each other in a circle. The locks are held until the commit: that makes both kinds of seq
 * gapless and visible in order.
 *
 * The statement looks for known keys in a snapshot from before it waited for its locks. A message that another instance
 * has committed meanwhile is missed there and then caught by the unique key, which fails the statement: write it again.
 */
export async function writeMessages(
  database: Database<Schema>,
  batch: readonly Outgoing[],
): Promise<Outcome[]> {
  const column = (of: (one: Outgoing) => string) => sql.param(batch.map(of));
  const { rows } = await database.prepared<SentRow>(
    "write-messages",
    sql`
    WITH input AS (
      SELECT * FROM unnest(
        ${column((one) => one.id)}::uuid[], ${column((one) => one.conversationId)}::uuid[],
        ${column((one) => one.senderId)}::uuid[], ${column((one) => one.clientMessageId)}::uuid[],
        ${column((one) => one.content.type)}::text[], ${column((one) => one.content.text)}::text[],
        ${column((one) => one.requestId)}::text[], ${column((one) => one.traceparent)}::text[]
      ) WITH ORDINALITY
        AS i (id, conversation_id, sender_id, client_message_id, type, body, request_id, traceparent, ord)
    ), known AS (
      SELECT i.ord, m.* FROM input i JOIN ${messages} m
        USING (conversation_id, sender_id, client_message_id)
    ), fresh AS (
      SELECT * FROM input i WHERE NOT EXISTS (SELECT FROM known k WHERE k.ord = i.ord)
    ), conversation AS (
      SELECT id, last_seq FROM ${conversations}
      WHERE id IN (SELECT conversation_id FROM fresh) AND ended_at IS NULL
      ORDER BY id FOR UPDATE
    ), addressed AS (
      SELECT f.*, c.last_seq, p.partner_id
      FROM fresh f
      JOIN conversation c ON c.id = f.conversation_id
      JOIN ${participants} p ON p.conversation_id = f.conversation_id AND p.member_id = f.sender_id
    ), member AS (
      SELECT id, change_seq, status FROM ${members}
      WHERE id IN (SELECT sender_id FROM addressed UNION SELECT partner_id FROM addressed)
      ORDER BY id FOR UPDATE
    ), sent AS MATERIALIZED (
      SELECT a.*, date_trunc('milliseconds', clock_timestamp()) AS created_at,
        a.last_seq + row_number() OVER (PARTITION BY a.conversation_id ORDER BY a.ord) AS seq
      FROM addressed a
      JOIN member s ON s.id = a.sender_id AND s.status = 'active'
      JOIN member p ON p.id = a.partner_id AND p.status = 'active'
    ), change AS (
      SELECT d.*, m.change_seq + row_number() OVER (PARTITION BY d.member_id ORDER BY d.ord) AS change_seq
      FROM (
        SELECT *, sender_id AS member_id, 0 AS received FROM sent
        UNION ALL SELECT *, partner_id, 1 FROM sent
      ) d
      JOIN member m ON m.id = d.member_id
    ), written AS (
      INSERT INTO ${messages} (conversation_id, seq, id, sender_id, client_message_id, type, body, created_at)
      SELECT conversation_id, seq, id, sender_id, client_message_id, type, body, created_at FROM sent
    ), fed AS (
      INSERT INTO ${changes}
        (member_id, seq, conversation_id, message_seq, request_id, traceparent, created_at)
      SELECT member_id, change_seq, conversation_id, seq, request_id, traceparent, created_at FROM change
    ), numbered AS (
      UPDATE ${conversations} c SET last_seq = s.last
      FROM (SELECT conversation_id, max(seq) AS last FROM sent GROUP BY 1) s
      WHERE c.id = s.conversation_id
    ), counted AS (
      UPDATE ${members} m SET change_seq = d.last
      FROM (SELECT member_id, max(change_seq) AS last FROM change GROUP BY 1) d
      WHERE m.id = d.member_id
    ), listed AS (
      UPDATE ${participants} p SET listed_at = d.said_at, unread = p.unread + d.received
      FROM (
        SELECT conversation_id, member_id, max(created_at) AS said_at, sum(received) AS received
        FROM change GROUP BY 1, 2
      ) d
      WHERE p.conversation_id = d.conversation_id AND p.member_id = d.member_id
    )
    SELECT i.ord, i.conversation_id, i.sender_id, i.client_message_id,
      CASE WHEN k.id IS NOT NULL THEN 'known' WHEN s.id IS NOT NULL THEN 'sent' ELSE 'missing' END AS kind,
      coalesce(k.id, s.id) AS message_id, coalesce(k.seq, s.seq) AS message_seq,
      coalesce(k.type, s.type) AS type, coalesce(k.body, s.body) AS text,
      coalesce(k.created_at, s.created_at) AS created_at,
      s.partner_id, mine.change_seq AS sender_change, theirs.change_seq AS partner_change
    FROM input i
    LEFT JOIN known k ON k.ord = i.ord
    LEFT JOIN sent s ON s.ord = i.ord
    LEFT JOIN change mine ON mine.ord = i.ord AND mine.member_id = i.sender_id
    LEFT JOIN change theirs ON theirs.ord = i.ord AND theirs.member_id = s.partner_id
    ORDER BY i.ord`,
  );
  return rows.map(outcomeFrom);
}

function outcomeFrom(row: SentRow): Outcome {
  if (row.kind === "missing") return { kind: "missing" };
  const message = messageFrom(row);
  if (row.kind === "known") return { kind: "known", message };
  return {
    kind: "sent",
    message,
    feeds: [
      { memberId: row.sender_id, seq: Number(row.sender_change) },
      { memberId: row.partner_id, seq: Number(row.partner_change) },
    ],
  };
}
