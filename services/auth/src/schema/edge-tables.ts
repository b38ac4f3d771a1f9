import type { DomainService } from "@kismet/contracts";
import { doublePrecision, index, integer, smallint, text, uuid } from "drizzle-orm/pg-core";
import { auth, moment } from "./auth-schema.ts";

/** Apps and partners that call the edge with a key of their own. Kept when revoked: the audit names them. */
export const clients = auth.table("clients", {
  id: uuid("id").primaryKey(),
  name: text("name").notNull().unique("clients_name"),
  limitFactor: doublePrecision("limit_factor").notNull(),
  /** Counts what was told of this client. */
  version: integer("version").notNull(),
  createdAt: moment("created_at").notNull(),
  revokedAt: moment("revoked_at"),
});

/** Of 256 random bits each, so that a plain hash hides them; a key that is revoked is deleted. */
export const clientKeys = auth.table(
  "client_keys",
  {
    id: text("id").primaryKey(),
    clientId: uuid("client_id")
      .notNull()
      .references(() => clients.id),
    digest: text("digest").notNull(),
    createdAt: moment("created_at").notNull(),
  },
  (t) => [index("client_keys_of_client").on(t.clientId)],
);

/** How the edge splits the traffic of services between their instances and a canary. */
export const canaries = auth.table("canaries", {
  service: text("service").$type<DomainService>().primaryKey(),
  weight: smallint("weight").notNull(),
  /** Counts what was told of this split. */
  version: integer("version").notNull(),
  changedAt: moment("changed_at").notNull(),
  changedBy: text("changed_by").notNull(),
  reason: text("reason"),
});
