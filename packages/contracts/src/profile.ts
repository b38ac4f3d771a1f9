import { Type, type Static } from "typebox";
import { literals, nullable, strict, Timestamp, TimeZone, Day, Uuid } from "./schema.ts";
import { defineEvent } from "./subject.ts";

export const Gender = literals(["woman", "man", "nonbinary"]);
export type Gender = Static<typeof Gender>;

export const RelationshipGoal = literals(["long_term", "short_term", "friends", "figuring_out"]);
export type RelationshipGoal = Static<typeof RelationshipGoal>;

/** The interests a member may choose from. */
export const interestCatalogue = [
  "art", "astronomy", "baking", "basketball", "beach", "board_games", "books", "camping", "cats", "chess",
  "cinema", "climbing", "coffee", "comedy", "concerts", "cooking", "crafts", "cycling", "dancing", "dogs",
  "fashion", "festivals", "fishing", "football", "foreign_languages", "gardening", "hiking", "history",
  "horses", "jazz", "karaoke", "kayaking", "languages", "martial_arts", "meditation", "motorcycles", "museums",
  "opera", "painting", "photography", "pilates", "podcasts", "poetry", "politics", "pottery", "programming",
  "pubs", "running", "sailing", "science", "series", "skating", "skiing", "street_food", "surfing", "swimming",
  "tea", "tennis", "theatre", "travel", "vegetarian_food", "video_games", "volunteering", "wine", "writing", "yoga",
] as const; // prettier-ignore
export const Interest = literals(interestCatalogue);
export type Interest = Static<typeof Interest>;

/** H3 cell of resolution 7 (about 5 km²), as its hexadecimal name: the only form of a place that is ever stored. */
export const Cell = Type.String({ pattern: "^[0-9a-f]{15}$", maxLength: 15 });

/** What other members see of a member: never a position, a birth date or an address. */
export const Card = strict({
  memberId: Uuid,
  firstName: Type.String({ minLength: 1, maxLength: 50 }),
  age: Type.Integer({ minimum: 18, maximum: 130 }),
  gender: Gender,
  bio: Type.Optional(Type.String({ maxLength: 500 })),
  interests: Type.Array(Interest, { maxItems: 10 }),
  relationshipGoal: Type.Optional(RelationshipGoal),
  job: Type.Optional(Type.String({ maxLength: 100 })),
  school: Type.Optional(Type.String({ maxLength: 100 })),
  heightCm: Type.Optional(Type.Integer({ minimum: 100, maximum: 250 })),
});
export type Card = Static<typeof Card>;

/** Attributes on which a preference may be a deal-breaker: who does not state one of the values is not shown. */
export const DealBreakers = strict({
  relationshipGoal: Type.Optional(Type.Array(RelationshipGoal, { minItems: 1, maxItems: 4 })),
  minHeightCm: Type.Optional(Type.Integer({ minimum: 100, maximum: 250 })),
  maxHeightCm: Type.Optional(Type.Integer({ minimum: 100, maximum: 250 })),
});
export type DealBreakers = Static<typeof DealBreakers>;

export const Preferences = strict({
  showMe: Type.Array(Gender, { minItems: 1, maxItems: 3, uniqueItems: true }),
  minAge: Type.Integer({ minimum: 18, maximum: 100 }),
  maxAge: Type.Integer({ minimum: 18, maximum: 100 }),
  /** Null means anywhere. */
  maxDistanceKm: nullable(Type.Integer({ minimum: 1, maximum: 500 })),
  dealBreakers: Type.Optional(DealBreakers),
});
export type Preferences = Static<typeof Preferences>;

/** The whole of what other services may know of a profile; a later version replaces an earlier one. */
export const ProfileSnapshot = strict({
  memberId: Uuid,
  version: Type.Integer({ minimum: 1 }),
  firstName: Type.String({ minLength: 1, maxLength: 50 }),
  birthDate: Day,
  gender: Gender,
  bio: nullable(Type.String({ maxLength: 500 })),
  interests: Type.Array(Interest, { maxItems: 10 }),
  relationshipGoal: nullable(RelationshipGoal),
  job: nullable(Type.String({ maxLength: 100 })),
  school: nullable(Type.String({ maxLength: 100 })),
  heightCm: nullable(Type.Integer({ minimum: 100, maximum: 250 })),
  preferences: Preferences,
  /** Null until the member has told a place: such a member is in no deck. */
  cell: nullable(Cell),
  timeZone: TimeZone,
  createdAt: Timestamp,
  changedAt: Timestamp,
});
export type ProfileSnapshot = Static<typeof ProfileSnapshot>;

export const ProfileChanged = defineEvent({
  subject: "events.profile.profile.changed",
  payload: ProfileSnapshot,
});

const Block = strict({
  blockerId: Uuid,
  blockedId: Uuid,
  version: Type.Integer({ minimum: 1 }),
  changedAt: Timestamp,
});

/** Aggregate of both: the ordered pair `<blockerId>:<blockedId>`; a higher version is the later word. */
export const BlockCreated = defineEvent({ subject: "events.profile.block.created", payload: Block });
export const BlockRemoved = defineEvent({ subject: "events.profile.block.removed", payload: Block });
