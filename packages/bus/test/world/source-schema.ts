import { pgSchema } from "drizzle-orm/pg-core";
import { busTables } from "../../src/index.ts";

/** A service that emits: it is called auth, since services have fixed names. */
export const auth = pgSchema("auth");
export const { outbox, inbox, parked, rebuilds, tombstones } = busTables(auth);
