import { busTables } from "@kismet/bus";
import { auditTables } from "@kismet/database";
import { auth } from "./schema/auth-schema.ts";

export { auth };
export * from "./schema/account-tables.ts";
export * from "./schema/age-tables.ts";
export * from "./schema/sign-in-tables.ts";
export * from "./schema/passkey-and-identity-tables.ts";
export * from "./schema/edge-tables.ts";
export * from "./schema/custody-tables.ts";
export * from "./schema/standing-tables.ts";

export const { outbox, inbox, parked, rebuilds, tombstones } = busTables(auth);
export const { auditPending, auditTrail } = auditTables(auth);
