import { declareCustody } from "@kismet/custody";
import { and, eq, inArray, ne, type SQL, sql } from "drizzle-orm";
import * as schema from "./schema.ts";

const { members, conversations, participants, messages, changes } = schema;

/** Nobody: stands where an erased member was named in what is their partner's. */
const nobody = sql`'00000000-0000-0000-0000-000000000000'::uuid`;
const gone = sql`jsonb_build_object('type', 'unmatch', 'unmatch', jsonb_build_object(
  'id', ${changes.conversationId}, 'conversationId', ${changes.conversationId}, 'memberId', ${nobody}))`;

const mine = "it is the member";
const partners = "the partner's";

/** The ids of the conversations that a member has, or had. */
function theirs(memberId: string): SQL {
  return sql`(SELECT ${participants.conversationId} FROM ${participants} WHERE ${participants.memberId} = ${memberId})`;
}

/** What the member said, and what is said to them in conversations that they can still open. */
function readable(id: string): SQL {
  return sql`${messages.conversationId} IN ${theirs(id)} AND (${messages.senderId} = ${id} OR EXISTS (
    SELECT FROM ${conversations}
    JOIN ${participants} ON ${participants.conversationId} = ${conversations.id} AND ${participants.memberId} = ${id}
    JOIN ${members} ON ${members.id} = ${participants.partnerId} AND ${members.status} = 'active'
    WHERE ${conversations.id} = ${messages.conversationId} AND ${conversations.endedAt} IS NULL))`;
}

/**
 * What this service keeps of a member. The partner keeps what they wrote themselves, in a conversation that has ended with
 * nobody (docs/adr/erasure.md). Whose conversations they were is known by the participants, who therefore come last.
 */
export const custody = declareCustody(schema, {
  messages: {
    section: {
      name: "messages",
      title: "What was said in your conversations",
      rows: readable,
    },
    exported: ["conversationId", "seq", "id", "senderId", "type", "body", "createdAt"],
    withheld: { clientMessageId: "by it a device recognises its own" },
    erased: [{ rows: (id) => and(inArray(messages.conversationId, theirs(id)), eq(messages.senderId, id)) }],
  },
  changes: {
    exported: [],
    withheld: {
      ...{ memberId: mine, seq: "orders a feed", conversationId: "the conversations have it" },
      ...{ messageSeq: "the messages have it", body: "repeats messages, matches and settings" },
      ...{ requestId: "of a request", traceparent: "of a request", createdAt: "the messages have it" },
    },
    erased: [
      { rows: (id) => eq(changes.memberId, id) },
      // The partner's feed keeps its numbers; all that it says of this conversation is that it is gone.
      {
        rows: (id) => inArray(changes.conversationId, theirs(id)),
        set: () => ({ messageSeq: null, body: gone }),
      },
    ],
    kept: {
      ...{ memberId: partners, seq: partners, conversationId: partners, requestId: "of a request" },
      ...{ traceparent: "of a request", createdAt: partners },
    },
  },
  conversations: {
    section: {
      name: "conversations",
      title: "Your conversations",
      rows: (id) => inArray(conversations.id, theirs(id)),
    },
    exported: ["id", "openedAt", "endedAt"],
    withheld: {
      lastSeq: "counts messages",
      endReason: "would tell a member that the other one has blocked them",
    },
    erased: [
      {
        rows: (id) => inArray(conversations.id, theirs(id)),
        set: () => ({
          endedAt: sql`coalesce(${conversations.endedAt}, now())`,
          endReason: sql`coalesce(${conversations.endReason}, 'erasure')`,
        }),
      },
    ],
    kept: {
      id: "the tombstone keeps a late match from opening it again",
      lastSeq: "counts messages",
      openedAt: "when the partner got it",
    },
  },
  participants: {
    section: {
      name: "participations",
      title: "Your conversations as you had them",
      rows: (id) => eq(participants.memberId, id),
    },
    exported: ["conversationId", "partnerId", "readSeq", "unread", "muted", "listedAt"],
    withheld: { memberId: mine },
    erased: [
      {
        rows: (id) => and(eq(participants.partnerId, id), ne(participants.memberId, id)),
        set: () => ({ partnerId: nobody, listedAt: null, unread: 0 }),
      },
      { rows: (id) => eq(participants.memberId, id) },
    ],
    kept: { conversationId: partners, memberId: partners, readSeq: partners, muted: partners },
  },
  members: {
    exported: [],
    withheld: {
      ...{ id: mine, status: "auth's archive has it", accountVersion: "counts changes" },
      changeSeq: "counts changes",
    },
    erased: [{ rows: (id) => eq(members.id, id) }],
  },
});
