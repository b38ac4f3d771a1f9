import { sql } from "drizzle-orm";
import { bigint, customType, index, integer, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { auth, moment } from "./auth-schema.ts";
import { accounts } from "./account-tables.ts";

/** A member who is being erased, or has been: see docs/adr/erasure.md. */
export const erasures = auth.table(
  "erasures",
  {
    id: uuid("id").primaryKey(),
    /** Null once the account itself is gone. */
    memberId: uuid("member_id").unique("erasures_member"),
    /** Of the member's id, as it stands on the tombstones. */
    digest: text("digest").notNull(),
    beganAt: moment("began_at").notNull(),
    attempts: integer("attempts").notNull().default(0),
    /** Taking it moves this on, which is the lease; null once all have answered. */
    nextAttemptAt: moment("next_attempt_at"),
    completedAt: moment("completed_at"),
  },
  (t) => [
    index("erasures_waiting")
      .on(t.nextAttemptAt)
      .where(sql`next_attempt_at IS NOT NULL`),
  ],
);

/** What each service has signed. */
export const erasureReceipts = auth.table(
  "erasure_receipts",
  {
    erasureId: uuid("erasure_id")
      .notNull()
      .references(() => erasures.id),
    service: text("service").notNull(),
    statement: text("statement").notNull(),
    key: text("key").notNull(),
    signature: text("signature").notNull(),
    receivedAt: moment("received_at").notNull(),
  },
  (t) => [primaryKey({ name: "erasure_receipts_pk", columns: [t.erasureId, t.service] })],
);

/** With which key each service signs. The first is believed; who comes with another one is not. */
export const receiptKeys = auth.table("receipt_keys", {
  service: text("service").primaryKey(),
  key: text("key").notNull(),
  firstSeenAt: moment("first_seen_at").notNull(),
});

/** Why a member must not be erased yet. */
export const legalHolds = auth.table(
  "legal_holds",
  {
    id: uuid("id").primaryKey(),
    memberId: uuid("member_id")
      .notNull()
      .references(() => accounts.memberId, { onDelete: "cascade" }),
    reason: text("reason").notNull(),
    /** Of the case, as others know it. */
    reference: text("reference"),
    /** A member of the staff, or the operator at the command line. */
    placedBy: text("placed_by").notNull(),
    placedAt: moment("placed_at").notNull(),
    liftedAt: moment("lifted_at"),
  },
  (t) => [
    index("legal_holds_of_member")
      .on(t.memberId)
      .where(sql`lifted_at IS NULL`),
  ],
);

const bytes = customType<{ data: Buffer }>({ dataType: () => "bytea" });

/** Everything of a member in one archive: see docs/adr/export.md. */
export const exports = auth.table(
  "exports",
  {
    id: uuid("id").primaryKey(),
    memberId: uuid("member_id")
      .notNull()
      .references(() => accounts.memberId, { onDelete: "cascade" }),
    requestedAt: moment("requested_at").notNull(),
    requestId: text("request_id").notNull(),
    attempts: integer("attempts").notNull().default(0),
    /** Taking it moves this on, which is the lease; null once it is ready, or given up. */
    nextAttemptAt: moment("next_attempt_at"),
    /** Of this archive alone, sealed: without the row its chunks are noise. */
    sealedKey: text("sealed_key").notNull(),
    /** Which try wrote the chunks: one that lost its lease can't mix its own into them. */
    writer: uuid("writer"),
    byteCount: bigint("byte_count", { mode: "number" }),
    readyAt: moment("ready_at"),
    expiresAt: moment("expires_at"),
  },
  (t) => [
    index("exports_of_member").on(t.memberId, t.requestedAt),
    index("exports_waiting")
      .on(t.nextAttemptAt)
      .where(sql`next_attempt_at IS NOT NULL`),
  ],
);

/** The archive, in pieces that fit into memory. */
export const exportChunks = auth.table(
  "export_chunks",
  {
    exportId: uuid("export_id")
      .notNull()
      .references(() => exports.id, { onDelete: "cascade" }),
    writer: uuid("writer").notNull(),
    seq: integer("seq").notNull(),
    sealed: bytes("sealed").notNull(),
  },
  (t) => [primaryKey({ name: "export_chunks_pk", columns: [t.exportId, t.writer, t.seq] })],
);
