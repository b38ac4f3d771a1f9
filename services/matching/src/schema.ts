import { busTables } from "@kismet/bus";
import type {
  AccountStatus,
  CardAttributes,
  DealBreakers,
  Gender,
  Interest,
  MatchEndReason,
  RelationshipGoal,
  SwipeAction,
  SwipeAnswer,
} from "@kismet/contracts";
import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";

export const matching = pgSchema("matching");

export const { outbox, inbox, parked, rebuilds, tombstones } = busTables(matching);

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/**
 * What auth and profile have told of a member; the deck is dealt from here alone. Either may speak first, so that all
 * columns of the one are empty until it has; `*_version` keeps stale events from overwriting newer ones.
 */
export const candidates = matching.table(
  "candidates",
  {
    memberId: uuid("member_id").primaryKey(),
    accountStatus: text("account_status").$type<AccountStatus>(),
    accountVersion: integer("account_version").notNull().default(0),
    profileVersion: integer("profile_version").notNull().default(0),
    firstName: text("first_name"),
    birthDate: date("birth_date", { mode: "string" }),
    gender: text("gender").$type<Gender>(),
    bio: text("bio"),
    interests: text("interests").array().$type<Interest[]>(),
    relationshipGoal: text("relationship_goal").$type<RelationshipGoal>(),
    job: text("job"),
    school: text("school"),
    heightCm: smallint("height_cm"),
    /** What a card says beyond the columns: nobody is found by it. */
    attributes: jsonb("attributes").$type<CardAttributes>(),
    showMe: text("show_me").array().$type<Gender[]>(),
    /** Gender and show-me in one, the first thing by which candidates are found: see decide-seeking.ts. */
    seeking: text("seeking"),
    minAge: smallint("min_age"),
    maxAge: smallint("max_age"),
    dealBreakers: jsonb("deal_breakers").$type<DealBreakers>(),
    /** Preference for a distance: null means anywhere. */
    maxDistanceKm: smallint("max_distance_km"),
    /** The same as a square of a chord of the unit sphere, rounded up to a distance step: see place.ts. */
    reach: doublePrecision("reach"),
    /** H3 cell of resolution 7, its ancestors of resolutions 6, 5 and 3, and its centre on the unit sphere. */
    cell: text("cell"),
    localCell: text("local_cell"),
    nearCell: text("near_cell"),
    regionCell: text("region_cell"),
    x: doublePrecision("x"),
    y: doublePrecision("y"),
    z: doublePrecision("z"),
    timeZone: text("time_zone"),
    /** When the profile was last changed. */
    freshAt: moment("fresh_at"),
    /** Whether others may see this member at all. */
    visible: boolean("visible")
      .notNull()
      .generatedAlwaysAs(sql`coalesce(account_status = 'active' AND cell IS NOT NULL, false)`),
  },
  (t) => [
    // One for each scope of the deck: its cell and who seeks whom lead to the freshest members at once.
    index("candidates_local")
      .on(t.localCell, t.seeking, t.freshAt)
      .where(sql`visible`),
    index("candidates_near")
      .on(t.nearCell, t.seeking, t.freshAt)
      .where(sql`visible`),
    index("candidates_region")
      .on(t.regionCell, t.seeking, t.freshAt)
      .where(sql`visible`),
    index("candidates_world")
      .on(t.seeking, t.freshAt)
      .where(sql`visible`),
  ],
);

/** What billing has told of a member; who is not in here has the free tier. */
export const entitlements = matching.table("entitlements", {
  memberId: uuid("member_id").primaryKey(),
  version: integer("version").notNull(),
  unlimitedLikes: boolean("unlimited_likes").notNull(),
  seeLikes: boolean("see_likes").notNull(),
  superlikes: integer("superlikes").notNull(),
  validUntil: moment("valid_until"),
});

/** Kept with `active = false` after an unblock, so that a stale event cannot bring the block back. */
export const blocks = matching.table(
  "blocks",
  {
    blockerId: uuid("blocker_id").notNull(),
    blockedId: uuid("blocked_id").notNull(),
    version: integer("version").notNull(),
    active: boolean("active").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.blockerId, t.blockedId] }),
    index("blocks_of_blocked").on(t.blockedId, t.blockerId),
  ],
);

/** One row a person who swipes: the window of the quota, and the one swipe that can be taken back. */
export const swipers = matching.table("swipers", {
  memberId: uuid("member_id").primaryKey(),
  likesUsed: integer("likes_used").notNull(),
  windowEndsAt: moment("window_ends_at").notNull(),
  /** Null after an undo: only the very last swipe can be taken back, once. */
  lastTargetId: uuid("last_target_id"),
  lastCounted: boolean("last_counted").notNull(),
});

/** The primary key suits hash partitions by who swiped. A swipe that was answered stays for ever unless undone. */
export const swipes = matching.table(
  "swipes",
  {
    actorId: uuid("actor_id").notNull(),
    targetId: uuid("target_id").notNull(),
    /** Version 7, thus in order of time; of a super like also the id of its intent. */
    id: uuid("id").notNull(),
    action: text("action").$type<SwipeAction>().notNull(),
    note: text("note"),
    /** What the member was told, to be told again when the same swipe is sent again. */
    answer: jsonb("answer").$type<SwipeAnswer>().notNull(),
    swipedAt: moment("swiped_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.actorId, t.targetId] }),
    index("swipes_likes_received")
      .on(t.targetId, t.id)
      .where(sql`action <> 'pass'`),
    check("swipes_not_oneself", sql`actor_id <> target_id`),
  ],
);

export const matches = matching.table(
  "matches",
  {
    id: uuid("id").primaryKey(),
    lowId: uuid("low_id").notNull(),
    highId: uuid("high_id").notNull(),
    createdAt: moment("created_at").notNull(),
    endedAt: moment("ended_at"),
    endReason: text("end_reason").$type<MatchEndReason>(),
  },
  (t) => [
    uniqueIndex("matches_live_pair")
      .on(t.lowId, t.highId)
      .where(sql`ended_at IS NULL`),
    index("matches_of_low")
      .on(t.lowId, t.id)
      .where(sql`ended_at IS NULL`),
    index("matches_of_high")
      .on(t.highId, t.id)
      .where(sql`ended_at IS NULL`),
    check("matches_ordered", sql`low_id < high_id`),
  ],
);

export type IntentStatus = "open" | "used" | "refunding" | "refunded";

/** A super like before it is paid for: its id is the key under which billing spends and refunds. */
export const superlikeIntents = matching.table(
  "superlike_intents",
  {
    id: uuid("id").primaryKey(),
    memberId: uuid("member_id").notNull(),
    targetId: uuid("target_id").notNull(),
    status: text("status").$type<IntentStatus>().notNull(),
    createdAt: moment("created_at").notNull(),
  },
  (t) => [
    uniqueIndex("superlike_intents_open_pair")
      .on(t.memberId, t.targetId)
      .where(sql`status = 'open'`),
    index("superlike_intents_unsettled")
      .on(t.createdAt)
      .where(sql`status IN ('open', 'refunding')`),
  ],
);
