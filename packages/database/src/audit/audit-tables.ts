import { bigint, index, type PgSchema, text, timestamp } from "drizzle-orm/pg-core";

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
const position = (name: string) => bigint(name, { mode: "number" });

/** The tables that an audit trail needs in a service's schema; `audit` reads and writes them by these names. */
export function auditTables<N extends string>(schema: PgSchema<N>) {
  return {
    /** Written in the transactions of what they tell of; each is sealed a moment later, and leaves. */
    auditPending: schema.table("audit_pending", {
      id: position("id").primaryKey().generatedAlwaysAsIdentity(),
      action: text("action").notNull(),
      outcome: text("outcome").notNull(),
      actorKind: text("actor_kind").notNull(),
      actor: text("actor"),
      subject: text("subject"),
      session: text("session"),
      network: text("network"),
      requestId: text("request_id").notNull(),
      details: text("details").notNull(),
      occurredAt: moment("occurred_at").notNull(),
    }),
    /**
     * The chain: docs/adr/audit-chain.md. Members stand in it under pseudonyms. The migration that makes it forbids to
     * change or delete its rows.
     */
    auditTrail: schema.table(
      "audit_trail",
      {
        seq: position("seq").primaryKey(),
        action: text("action").notNull(),
        outcome: text("outcome").notNull(),
        actorKind: text("actor_kind").notNull(),
        actor: text("actor"),
        subject: text("subject"),
        session: text("session"),
        network: text("network"),
        requestId: text("request_id").notNull(),
        /** JSON as text: its very bytes are sealed. */
        details: text("details").notNull(),
        occurredAt: moment("occurred_at").notNull(),
        /** Of this row and of all before it, keyed. */
        digest: text("digest").notNull(),
      },
      (t) => [
        index("audit_trail_subject").on(t.subject, t.seq),
        index("audit_trail_actor").on(t.actor, t.seq),
      ],
    ),
  };
}
