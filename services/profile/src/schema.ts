import { busTables } from "@kismet/bus";
import type {
  AccountStatus,
  CardAttributes,
  Gender,
  Interest,
  OptionalProfileField,
  Preferences,
  Prompt,
  RelationshipGoal,
} from "@kismet/contracts";
import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  date,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  smallint,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";

export const profile = pgSchema("profile");

export const { outbox, inbox, parked, rebuilds, tombstones } = busTables(profile);

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

type Stated<K extends keyof CardAttributes> = NonNullable<CardAttributes[K]>;

/** One row a member, which is also the lock under which the profile changes. */
export const profiles = profile.table("profiles", {
  memberId: uuid("member_id").primaryKey(),
  /** Grows by one with each change; goes out with each event. */
  version: integer("version").notNull(),
  firstName: text("first_name").notNull(),
  /** As auth has checked it; nobody changes it here. */
  birthDate: date("birth_date", { mode: "string" }).notNull(),
  gender: text("gender").$type<Gender>().notNull(),
  bio: text("bio"),
  interests: text("interests").array().$type<Interest[]>().notNull(),
  relationshipGoal: text("relationship_goal").$type<RelationshipGoal>(),
  job: text("job"),
  school: text("school"),
  heightCm: smallint("height_cm"),
  orientation: text("orientation").$type<Stated<"orientation">>(),
  prompts: jsonb("prompts").$type<Prompt[]>().notNull(),
  children: text("children").$type<Stated<"children">>(),
  smoking: text("smoking").$type<Stated<"smoking">>(),
  drinking: text("drinking").$type<Stated<"drinking">>(),
  religion: text("religion").$type<Stated<"religion">>(),
  languages: text("languages").array().$type<Stated<"languages">>().notNull(),
  /** Fields that others don't see. */
  hidden: text("hidden").array().$type<OptionalProfileField[]>().notNull(),
  preferences: jsonb("preferences").$type<Preferences>().notNull(),
  /** H3 cell of resolution 7: all that is kept of a place, and only of the last one. */
  cell: text("cell"),
  timeZone: text("time_zone").notNull(),
  /** What the limit of moves counts: see decide-move.ts. */
  moves: integer("moves").notNull().default(0),
  movesResetAt: moment("moves_reset_at"),
  farMovedAt: moment("far_moved_at"),
  createdAt: moment("created_at").notNull(),
  changedAt: moment("changed_at").notNull(),
});

/** What auth has told of an account: who is not active here is seen by nobody. */
export const accounts = profile.table("accounts", {
  memberId: uuid("member_id").primaryKey(),
  status: text("status").$type<AccountStatus>().notNull(),
  /** Of auth's event; 0 for what auth answered when it was asked, which any event overrules. */
  version: integer("version").notNull(),
});

/** Kept with `active = false` after an unblock: the version goes on growing, so that a late event is known as late. */
export const blocks = profile.table(
  "blocks",
  {
    blockerId: uuid("blocker_id").notNull(),
    blockedId: uuid("blocked_id").notNull(),
    version: integer("version").notNull(),
    active: boolean("active").notNull(),
    /** Version 7, new with each block: in order of time, the cursor of the list. */
    id: uuid("id").notNull(),
    changedAt: moment("changed_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.blockerId, t.blockedId] }),
    index("blocks_of_blocker")
      .on(t.blockerId, t.id.desc())
      .where(sql`active`),
    check("blocks_not_oneself", sql`blocker_id <> blocked_id`),
  ],
);
