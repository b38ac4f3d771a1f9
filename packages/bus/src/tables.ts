import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  type PgSchema,
  primaryKey,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
const position = (name: string) => bigint(name, { mode: "number" });

/** The tables that events need in a service's schema; `bus` reads and writes them by these names. */
export function busTables<N extends string>(schema: PgSchema<N>) {
  return {
    /** What this service has told the others; kept, since streams and projections are rebuilt from it. */
    outbox: schema.table(
      "outbox",
      {
        /** Orders the events of one aggregate, since they are written under its lock; says nothing across aggregates. */
        id: position("id").primaryKey().generatedAlwaysAsIdentity(),
        eventId: uuid("event_id").notNull(),
        subject: text("subject").notNull(),
        aggregateId: text("aggregate_id").notNull(),
        payload: jsonb("payload").notNull(),
        /** Whom it tells of, as its contract says: these rows go when one of them is erased. */
        about: uuid("about")
          .array()
          .notNull()
          .default(sql`'{}'::uuid[]`),
        requestId: text("request_id").notNull(),
        traceparent: text("traceparent").notNull(),
        /** Only of dead letters: why. */
        cause: text("cause"),
        occurredAt: moment("occurred_at").notNull(),
        publishedAt: moment("published_at"),
        /** Which incarnation of the stream took it, and where. */
        stream: text("stream"),
        streamSeq: position("stream_seq"),
      },
      (t) => [
        index("outbox_unpublished")
          .on(t.id)
          .where(sql`published_at IS NULL`),
        index("outbox_about").using("gin", t.about),
      ],
    ),
    /** Which events a consumer has dealt with; written in the transaction of their effect. */
    inbox: schema.table(
      "inbox",
      {
        consumer: text("consumer").notNull(),
        eventId: uuid("event_id").notNull(),
        handledAt: moment("handled_at").notNull().defaultNow(),
      },
      (t) => [primaryKey({ columns: [t.consumer, t.eventId] })],
    ),
    /** Events that a consumer could not process, and, where it says so, those that wait behind them. */
    parked: schema.table(
      "parked",
      {
        consumer: text("consumer").notNull(),
        eventId: uuid("event_id").notNull(),
        /** Of the outbox that the event came from. */
        position: position("position").notNull(),
        subject: text("subject").notNull(),
        aggregateId: text("aggregate_id").notNull(),
        payload: jsonb("payload").notNull(),
        requestId: text("request_id").notNull(),
        traceparent: text("traceparent").notNull(),
        occurredAt: moment("occurred_at").notNull(),
        cause: text("cause").notNull(),
        /** Whether later events of the aggregate must wait for this one. */
        blocks: boolean("blocks").notNull(),
        parkedAt: moment("parked_at").notNull().defaultNow(),
      },
      (t) => [
        primaryKey({ columns: [t.consumer, t.eventId] }),
        index("parked_by_aggregate").on(t.consumer, t.aggregateId, t.position),
      ],
    ),
    /** How far the rebuild of a consumer's projection has come. */
    rebuilds: schema.table("rebuilds", {
      consumer: text("consumer").primaryKey(),
      requestedAt: moment("requested_at").notNull().defaultNow(),
      /** Null until the projection has been emptied. */
      afterId: position("after_id"),
      uptoId: position("upto_id"),
      handled: integer("handled").notNull().default(0),
      finishedAt: moment("finished_at"),
    }),
    /** Who has been erased here, so that nothing that comes late brings them back (docs/adr/erasure.md). */
    tombstones: schema.table("tombstones", {
      /** Of the member's id: who does not know the id learns nothing from it. */
      digest: text("digest").primaryKey(),
      erasureId: uuid("erasure_id").notNull(),
      begunAt: moment("begun_at").notNull().defaultNow(),
      /** What was answered, to be answered again; null until it is done. */
      receipt: jsonb("receipt"),
    }),
  };
}
