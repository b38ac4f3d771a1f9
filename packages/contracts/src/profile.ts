import { type Static, type TNull, type TOptional, type TProperties, type TUnion, Type } from "typebox";
import { Day, literals, nullable, page, strict, Timestamp, TimeZone, Uuid } from "./schema.ts";
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

export const Orientation = literals([
  "straight", "gay", "lesbian", "bisexual", "pansexual", "asexual", "demisexual", "queer", "questioning",
]); // prettier-ignore

export const Children = literals(["have", "have_and_want_more", "want", "do_not_want", "not_sure"]);

/** Of smoking and of drinking. */
const Habit = literals(["never", "sometimes", "often", "giving_up"]);

export const Religion = literals([
  "agnostic", "atheist", "buddhist", "christian", "hindu", "jewish", "muslim", "sikh", "spiritual", "other",
]); // prettier-ignore

/** ISO 639-1. */
export const Language = literals([
  "af", "am", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu", "fa",
  "fi", "fr", "ga", "gl", "gu", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk", "km", "kn", "ko",
  "ku", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "mt", "my", "ne", "nl", "no", "pa", "pl", "ps", "pt", "ro", "ru",
  "si", "sk", "sl", "so", "sq", "sr", "sv", "sw", "ta", "te", "th", "tl", "tr", "uk", "ur", "uz", "vi", "yo", "zh", "zu",
]); // prettier-ignore

/** The questions a member may answer; their wording, in the reader's language, is the client's. */
export const PromptId = literals([
  "a_perfect_sunday", "best_travel_story", "biggest_risk_taken", "change_my_mind_about", "dating_me_is_like",
  "first_round_is_on_me_if", "green_flags", "i_get_along_with", "i_geek_out_on", "i_want_someone_who",
  "irrational_fear", "never_have_i_ever", "simple_pleasures", "together_we_could", "two_truths_and_a_lie",
  "typical_weekend", "unusual_skills", "what_i_am_looking_for",
]); // prettier-ignore

export const maxPromptAnswerLength = 150;
export const Prompt = strict({
  promptId: PromptId,
  answer: Type.String({ minLength: 1, maxLength: maxPromptAnswerLength }),
});
export type Prompt = Static<typeof Prompt>;

export const maxFirstNameLength = 50;
export const maxBioLength = 500;
/** Of job and school. */
export const maxAffiliationLength = 100;

const FirstName = Type.String({ minLength: 1, maxLength: maxFirstNameLength });
const Bio = Type.String({ maxLength: maxBioLength });
const Affiliation = Type.String({ maxLength: maxAffiliationLength });
const HeightCm = Type.Integer({ minimum: 100, maximum: 250 });

const attributes = {
  orientation: Orientation,
  prompts: Type.Array(Prompt, { maxItems: 3 }),
  children: Children,
  smoking: Habit,
  drinking: Habit,
  religion: Religion,
  languages: Type.Array(Language, { maxItems: 10, uniqueItems: true }),
};
const optionalFields = {
  bio: Bio,
  interests: Type.Array(Interest, { maxItems: 10, uniqueItems: true }),
  relationshipGoal: RelationshipGoal,
  job: Affiliation,
  school: Affiliation,
  heightCm: HeightCm,
  ...attributes,
};

/** What a card says beyond the fields by which decks are made; each only if the member states and shows it. */
export const CardAttributes = strict(optional(attributes));
export type CardAttributes = Static<typeof CardAttributes>;

/** What other members see of a member: never a position, a birth date or an address. */
export const Card = strict({
  ...optional(optionalFields),
  memberId: Uuid,
  firstName: FirstName,
  age: Type.Integer({ minimum: 18, maximum: 130 }),
  gender: Gender,
  interests: optionalFields.interests,
});
export type Card = Static<typeof Card>;

/** What a member may leave out, and may keep from others when it is stated. */
export const optionalProfileFields = [
  "bio", "interests", "relationshipGoal", "job", "school", "heightCm", "orientation", "prompts", "children", "smoking",
  "drinking", "religion", "languages",
] as const satisfies (keyof typeof optionalFields)[]; // prettier-ignore
export type OptionalProfileField = (typeof optionalProfileFields)[number];

const Hidden = Type.Array(literals(optionalProfileFields), {
  maxItems: optionalProfileFields.length,
  uniqueItems: true,
  description: "fields that others don't see",
});

/** Replaces the whole profile: what is not in it is removed. */
export const ProfileRequest = strict({
  firstName: FirstName,
  gender: Gender,
  ...optional({ ...optionalFields, hidden: Hidden }),
});
export type ProfileRequest = Static<typeof ProfileRequest>;

/** Changes what it names (RFC 7396): null removes a field, an array replaces the one before. */
export const ProfilePatch = strict({
  ...optional({ firstName: FirstName, gender: Gender }),
  ...removable({ ...optionalFields, hidden: Hidden }),
});
export type ProfilePatch = Static<typeof ProfilePatch>;

/** A member's own profile, hidden fields included. */
export const OwnProfile = strict({
  ...optional(optionalFields),
  memberId: Uuid,
  firstName: FirstName,
  gender: Gender,
  birthDate: Day,
  age: Type.Integer({ minimum: 0, maximum: 150 }),
  interests: optionalFields.interests,
  hidden: Hidden,
  /** Percentage of the optional fields that are stated. */
  completeness: Type.Integer({ minimum: 0, maximum: 100 }),
  /** Whether a place has been told, without which nobody is in a deck; which one, not even its owner is told. */
  hasLocation: Type.Boolean(),
  timeZone: TimeZone,
  version: Type.Integer({ minimum: 1 }),
  createdAt: Timestamp,
  changedAt: Timestamp,
});
export type OwnProfile = Static<typeof OwnProfile>;

/** Decimal degrees (WGS 84). Becomes a cell on arrival; without a time zone the one known stays. */
export const LocationRequest = strict({
  latitude: Type.Number({ minimum: -90, maximum: 90 }),
  longitude: Type.Number({ minimum: -180, maximum: 180 }),
  timeZone: Type.Optional(TimeZone),
});

/** Attributes on which a preference may be a deal-breaker: who does not state one of the values is not shown. */
export const DealBreakers = strict({
  relationshipGoal: Type.Optional(Type.Array(RelationshipGoal, { minItems: 1, maxItems: 4 })),
  minHeightCm: Type.Optional(HeightCm),
  maxHeightCm: Type.Optional(HeightCm),
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

/**
 * The whole of what other services may know of a profile; a later version replaces an earlier one. What the member
 * hides is not in it.
 */
export const ProfileSnapshot = strict({
  memberId: Uuid,
  version: Type.Integer({ minimum: 1 }),
  firstName: FirstName,
  birthDate: Day,
  gender: Gender,
  bio: nullable(Bio),
  interests: Type.Array(Interest, { maxItems: 10 }),
  relationshipGoal: nullable(RelationshipGoal),
  job: nullable(Affiliation),
  school: nullable(Affiliation),
  heightCm: nullable(HeightCm),
  /** For the card; as a whole, since nothing is searched by them. */
  attributes: Type.Optional(CardAttributes),
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
  members: ({ memberId }) => [memberId],
});

const Block = strict({
  blockerId: Uuid,
  blockedId: Uuid,
  version: Type.Integer({ minimum: 1 }),
  changedAt: Timestamp,
});

/** Aggregate of both: the ordered pair `<blockerId>:<blockedId>`; a higher version is the later word. */
export const BlockCreated = defineEvent({
  subject: "events.profile.block.created",
  payload: Block,
  members: ({ blockerId, blockedId }) => [blockerId, blockedId],
});
export const BlockRemoved = defineEvent({
  subject: "events.profile.block.removed",
  payload: Block,
  members: ({ blockerId, blockedId }) => [blockerId, blockedId],
});

/** One member whom the reader has blocked; the name only while the other could be seen otherwise. */
export const BlockedMember = strict({
  memberId: Uuid,
  firstName: Type.Optional(FirstName),
  blockedAt: Timestamp,
});
export type BlockedMember = Static<typeof BlockedMember>;
export const BlockPage = page(BlockedMember);

function optional<P extends TProperties>(fields: P) {
  const entries = Object.entries(fields).map(([name, schema]) => [name, Type.Optional(schema)]);
  return Object.fromEntries(entries) as { [K in keyof P]: TOptional<P[K]> };
}

/** As they are in a patch, where null means away with it. */
function removable<P extends TProperties>(fields: P) {
  const entries = Object.entries(fields).map(([name, schema]) => [name, Type.Optional(nullable(schema))]);
  return Object.fromEntries(entries) as { [K in keyof P]: TOptional<TUnion<[P[K], TNull]>> };
}
