import { busTables } from "@kismet/bus";
import type { AccountStatus, Change, MatchEndReason, MessageContent } from "@kismet/contracts";
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from "drizzle-orm/pg-core";

export const chat = pgSchema("chat");

export const { outbox, inbox, parked, rebuilds, tombstones } = busTables(chat);

/** To the millisecond, as JavaScript and cursors have it. */
const moment = (name: string) => timestamp(name, { withTimezone: true, mode: "date", precision: 3 });
const seq = (name: string) => bigint(name, { mode: "number" });

/** What auth has told of an account, and the counter of the member's feed. Locked after conversations, in order of ids. */
export const members = chat.table("members", {
  id: uuid("id").primaryKey(),
  status: text("status").$type<AccountStatus>().notNull().default("active"),
  accountVersion: integer("account_version").notNull().default(0),
  changeSeq: seq("change_seq").notNull().default(0),
});

/** Has the id of its match. Locking the row orders all that is said in it. */
export const conversations = chat.table("conversations", {
  id: uuid("id").primaryKey(),
  lastSeq: seq("last_seq").notNull().default(0),
  openedAt: moment("opened_at").notNull(),
  /** Kept when it ends: the tombstone keeps a late `match.created` from opening it again, and evidence for reports. */
  endedAt: moment("ended_at"),
  endReason: text("end_reason").$type<MatchEndReason | "erasure">(),
});

/** A conversation as one of its two members has it. */
export const participants = chat.table(
  "participants",
  {
    conversationId: uuid("conversation_id").notNull(),
    memberId: uuid("member_id").notNull(),
    partnerId: uuid("partner_id").notNull(),
    readSeq: seq("read_seq").notNull().default(0),
    /** Messages of the partner beyond `read_seq`; kept exact under the conversation's lock. */
    unread: integer("unread").notNull().default(0),
    muted: boolean("muted").notNull().default(false),
    /** Orders the list: when something was last said. Null once the conversation has ended. */
    listedAt: moment("listed_at"),
  },
  (t) => [
    primaryKey({ columns: [t.conversationId, t.memberId] }),
    index("participants_listed")
      .on(t.memberId, t.listedAt.desc().nullsFirst(), t.conversationId.desc().nullsFirst())
      .where(sql`listed_at IS NOT NULL`),
  ],
);

/** Both keys begin with the conversation: the table can be split by it. */
export const messages = chat.table(
  "messages",
  {
    conversationId: uuid("conversation_id").notNull(),
    seq: seq("seq").notNull(),
    id: uuid("id").notNull(),
    senderId: uuid("sender_id").notNull(),
    clientMessageId: uuid("client_message_id").notNull(),
    type: text("type").$type<MessageContent["type"]>().notNull(),
    body: text("body").notNull(),
    createdAt: moment("created_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.conversationId, t.seq] }),
    // What makes a retry harmless for ever (docs/adr: a message is acknowledged after its commit).
    unique("messages_once").on(t.conversationId, t.senderId, t.clientMessageId),
  ],
);

/** The feed of each member: what happened, numbered without gaps, kept for as long as a device may be away. */
export const changes = chat.table(
  "changes",
  {
    memberId: uuid("member_id").notNull(),
    seq: seq("seq").notNull(),
    conversationId: uuid("conversation_id").notNull(),
    /** The message that this is about; of all other changes the whole is in `body`. */
    messageSeq: seq("message_seq"),
    body: jsonb("body").$type<Change>(),
    /** Of the request that caused it: they go with it up to the push. */
    requestId: text("request_id").notNull(),
    traceparent: text("traceparent").notNull(),
    createdAt: moment("created_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.memberId, t.seq] }),
    // Rows come in order of time, so that a block range index finds the oldest at hardly any cost for the writer.
    index("changes_age").using("brin", t.createdAt),
    check("changes_about_one_thing", sql`(message_seq IS NULL) <> (body IS NULL)`),
  ],
);
