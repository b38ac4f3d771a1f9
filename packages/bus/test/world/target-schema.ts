import { bigint, integer, pgSchema, text } from "drizzle-orm/pg-core";
import { busTables } from "../../src/index.ts";

/** A service that projects the events of the other. */
export const matching = pgSchema("matching");
export const { outbox, inbox, parked, rebuilds, tombstones } = busTables(matching);

/** A snapshot of each account. */
export const accounts = matching.table("accounts", {
  id: text("id").primaryKey(),
  version: integer("version").notNull(),
});

/** Every effect there was, in order. */
export const effects = matching.table("effects", {
  seq: bigint("seq", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  id: text("id").notNull(),
  version: integer("version").notNull(),
});
