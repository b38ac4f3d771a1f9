import type { AccountStatus, Conversation, MatchEndReason } from "@kismet/contracts";
import type { Database, Transaction } from "@kismet/database";
import { and, eq, inArray, isNotNull, lt, sql } from "drizzle-orm";
import type { Schema } from "../changes/change-repository.ts";
import { messageFrom, type MessageRow } from "../messages/message-row.ts";
import { conversations, members, messages, participants } from "../schema.ts";

type Tx = Transaction<Schema>;
type Pair = readonly [string, string];

/** False if the id is known already: open, or ended before it was heard of. */
export async function insertConversation(tx: Tx, id: string, pair: Pair, openedAt: Date): Promise<boolean> {
  const inserted = await tx.insert(conversations).values({ id, openedAt }).onConflictDoNothing().returning();
  if (inserted.length === 0) return false;
  const [one, other] = pair;
  await insertMembers(tx, pair);
  await tx.insert(participants).values([
    { conversationId: id, memberId: one, partnerId: other, listedAt: openedAt },
    { conversationId: id, memberId: other, partnerId: one, listedAt: openedAt },
  ]);
  return true;
}

/** Ends it, or leaves a tombstone for one that was never heard of. False if it had ended before. */
export async function endConversation(
  tx: Tx,
  id: string,
  endedAt: Date,
  endReason: MatchEndReason,
): Promise<boolean> {
  const ended = await tx
    .insert(conversations)
    .values({ id, openedAt: endedAt, endedAt, endReason })
    .onConflictDoUpdate({
      target: conversations.id,
      set: { endedAt, endReason },
      setWhere: sql`${conversations.endedAt} IS NULL`,
    })
    .returning({ id: conversations.id });
  return ended.length > 0;
}

/** Takes it off both lists; false if it was on none. */
export async function unlistConversation(tx: Tx, id: string): Promise<boolean> {
  const unlisted = await tx
    .update(participants)
    .set({ listedAt: null })
    .where(and(eq(participants.conversationId, id), isNotNull(participants.listedAt)))
    .returning({ id: participants.memberId });
  return unlisted.length > 0;
}

/** An account may be heard of first from a match, or from auth. */
export async function insertMembers(tx: Tx, ids: readonly string[]): Promise<void> {
  const values = [...ids].sort().map((id) => ({ id }));
  await tx.insert(members).values(values).onConflictDoNothing();
}

export type LockedMember = { id: string; status: AccountStatus; accountVersion: number };

/** In order of ids, as everywhere: see insertChanges. */
export async function lockMembers(tx: Tx, ids: readonly string[]): Promise<LockedMember[]> {
  return tx
    .select({ id: members.id, status: members.status, accountVersion: members.accountVersion })
    .from(members)
    .where(inArray(members.id, [...ids]))
    .orderBy(members.id)
    .for("update");
}

export async function updateAccount(
  tx: Tx,
  id: string,
  status: AccountStatus,
  accountVersion: number,
): Promise<void> {
  await tx
    .update(members)
    .set({ status, accountVersion })
    .where(and(eq(members.id, id), lt(members.accountVersion, accountVersion)));
}

/** Of every conversation that has not ended. */
export async function partnersOf(
  tx: Tx,
  memberId: string,
): Promise<{ conversationId: string; partnerId: string; partnerStatus: AccountStatus }[]> {
  return tx
    .select({
      conversationId: participants.conversationId,
      partnerId: participants.partnerId,
      partnerStatus: members.status,
    })
    .from(participants)
    .innerJoin(members, eq(members.id, participants.partnerId))
    .where(and(eq(participants.memberId, memberId), isNotNull(participants.listedAt)));
}

/** Where a list goes on: after the conversation that was last listed. */
export type ListPosition = { listedAt: Date; id: string };

type ListRow = {
  partner_id: string;
  read_seq: string;
  unread: number;
  muted: boolean;
  listed_at: string;
  opened_at: string;
  read_by_other: string;
} & (MessageRow | ({ [K in keyof MessageRow]: null } & { conversation_id: string }));

/** The visible ones, where something was last said first. */
export async function listConversations(
  database: Database<Schema>,
  memberId: string,
  after: ListPosition | undefined,
  limit: number,
): Promise<(ListPosition & { conversation: Conversation })[]> {
  const further = after
    ? sql`AND (p.listed_at, p.conversation_id) < (${after.listedAt.toISOString()}::timestamptz, ${after.id}::uuid)`
    : sql``;
  // The page first, and then what belongs to it. The status is asked row by row: as a join it misleads the planner into
  // reading everything that a member ever had, to sort it for one page.
  const { rows } = await database.read.execute<ListRow>(sql`
    WITH listed AS MATERIALIZED (
      SELECT * FROM ${participants} p
      WHERE p.member_id = ${memberId} AND p.listed_at IS NOT NULL ${further}
        AND (SELECT status FROM ${members} WHERE id = p.partner_id) = 'active'
      ORDER BY p.listed_at DESC, p.conversation_id DESC LIMIT ${limit}
    )
    SELECT p.conversation_id, p.partner_id, p.read_seq, p.unread, p.muted, p.listed_at, c.opened_at,
      other.read_seq AS read_by_other, m.id AS message_id, m.seq AS message_seq, m.sender_id,
      m.client_message_id, m.type, m.body AS text, m.created_at
    FROM listed p
    JOIN ${conversations} c ON c.id = p.conversation_id
    JOIN ${participants} other ON other.conversation_id = p.conversation_id AND other.member_id = p.partner_id
    LEFT JOIN ${messages} m ON m.conversation_id = c.id AND m.seq = c.last_seq
    ORDER BY p.listed_at DESC, p.conversation_id DESC`);
  return rows.map((row) => ({
    id: row.conversation_id,
    listedAt: new Date(row.listed_at),
    conversation: conversationFrom(row),
  }));
}

function conversationFrom(row: ListRow): Conversation {
  return {
    id: row.conversation_id,
    matchId: row.conversation_id,
    memberId: row.partner_id,
    lastMessage: row.message_id === null ? null : messageFrom(row),
    unread: row.unread,
    readSeq: Number(row.read_seq),
    readByOtherSeq: Number(row.read_by_other),
    muted: row.muted,
    createdAt: new Date(row.opened_at).toISOString(),
  };
}

/** The other one, if the member has this conversation and may see it. */
export async function findPartner(
  database: Database<Schema>,
  conversationId: string,
  memberId: string,
): Promise<string | undefined> {
  const [row] = await database.read
    .select({ partnerId: participants.partnerId })
    .from(participants)
    .innerJoin(members, and(eq(members.id, participants.partnerId), eq(members.status, "active")))
    .where(
      and(
        eq(participants.conversationId, conversationId),
        eq(participants.memberId, memberId),
        isNotNull(participants.listedAt),
      ),
    );
  return row?.partnerId;
}

/** Locks it as whoever writes into it does. Undefined if the member can't see it. */
export async function lockConversation(
  tx: Tx,
  conversationId: string,
  memberId: string,
): Promise<{ lastSeq: number; partnerId: string } | undefined> {
  const { rows } = await tx.execute<{ last_seq: string; partner_id: string }>(sql`
    SELECT c.last_seq, p.partner_id FROM ${conversations} c
    JOIN ${participants} p ON p.conversation_id = c.id AND p.member_id = ${memberId}
    JOIN ${members} partner ON partner.id = p.partner_id AND partner.status = 'active'
    WHERE c.id = ${conversationId} AND c.ended_at IS NULL FOR UPDATE OF c`);
  const row = rows[0];
  return row && { lastSeq: Number(row.last_seq), partnerId: row.partner_id };
}

/** Counts what is left unread. Under the conversation's lock: a message may be coming in. False if read before. */
export async function updateReadSeq(
  tx: Tx,
  conversationId: string,
  memberId: string,
  readSeq: number,
): Promise<boolean> {
  const unread = sql`(
    SELECT count(*) FROM ${messages} m
    WHERE m.conversation_id = ${conversationId} AND m.seq > ${readSeq} AND m.sender_id <> ${memberId})`;
  const updated = await tx
    .update(participants)
    .set({ readSeq, unread })
    .where(
      and(
        eq(participants.conversationId, conversationId),
        eq(participants.memberId, memberId),
        lt(participants.readSeq, readSeq),
      ),
    )
    .returning({ id: participants.memberId });
  return updated.length > 0;
}

/** False if it was so already. */
export async function updateMuted(
  tx: Tx,
  conversationId: string,
  memberId: string,
  muted: boolean,
): Promise<boolean> {
  const updated = await tx
    .update(participants)
    .set({ muted })
    .where(
      and(
        eq(participants.conversationId, conversationId),
        eq(participants.memberId, memberId),
        eq(participants.muted, !muted),
      ),
    )
    .returning({ id: participants.memberId });
  return updated.length > 0;
}
