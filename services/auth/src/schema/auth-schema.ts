import { pgSchema, timestamp } from "drizzle-orm/pg-core";

export const auth = pgSchema("auth");

export const moment = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
