import type { Database, Transaction } from "@kismet/database";
import type * as schema from "./schema.ts";

export type AuthDatabase = Database<typeof schema>;
export type Tx = Transaction<typeof schema>;

/** What reads run on: inside a transaction, or outside of one. */
export type Reads = Tx | AuthDatabase["read"];
