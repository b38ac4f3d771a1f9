import { Type, type Static } from "typebox";
import { Card, Interest } from "./profile.ts";
import { literals, nullable, page, strict, Timestamp, Uuid } from "./schema.ts";
import { defineEvent } from "./subject.ts";

/** Upper bounds of the steps in which distances are told, and in which a preference for a distance works. */
export const distanceStepsKm = [2, 5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500] as const;

export const distanceBuckets = [
  "< 2 km", "5 km", "10 km", "15 km", "20 km", "30 km", "40 km", "50 km", "75 km", "100 km", "150 km", "200 km",
  "300 km", "500 km", "> 500 km",
] as const; // prettier-ignore
export const DistanceBucket = literals(distanceBuckets);
export type DistanceBucket = Static<typeof DistanceBucket>;

/** In code points. */
export const maxNoteLength = 140;
const Note = Type.String({ minLength: 1, maxLength: maxNoteLength });

/** A super like as the one who was liked sees it. */
const SuperlikeReceived = strict({ note: Type.Optional(Note) });

export const DeckItem = strict({
  ...Card.properties,
  distance: strict({ bucket: DistanceBucket }),
  sharedInterests: Type.Array(Interest, { maxItems: 10 }),
  /** Present if this person super liked the member; an ordinary like is never told here. */
  superlike: Type.Optional(SuperlikeReceived),
});
export type DeckItem = Static<typeof DeckItem>;

/** `filters`: somebody would be there if the member's own preferences were wider. */
export const EmptyReason = literals(["no_profile", "no_place", "filters", "nobody_left"]);
export type EmptyReason = Static<typeof EmptyReason>;

export const maxDeckSize = 50;

export const DeckQuery = strict({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: maxDeckSize, default: 20 })),
});

/** Best first; a card stays until it is swiped, so there is no cursor. */
export const Deck = strict({
  items: Type.Array(DeckItem, { maxItems: maxDeckSize }),
  emptyReason: Type.Optional(EmptyReason),
});
export type Deck = Static<typeof Deck>;

export const SwipeAction = literals(["like", "pass", "superlike"]);
export type SwipeAction = Static<typeof SwipeAction>;

/** The note goes with a super like only. */
export const SwipeRequest = strict({ targetId: Uuid, action: SwipeAction, note: Type.Optional(Note) });
export type SwipeRequest = Static<typeof SwipeRequest>;

export const Remaining = strict({
  /** Null means without limit. */
  likes: nullable(Type.Integer({ minimum: 0, maximum: 10_000 })),
  superlikes: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
  /** When the likes are full again. */
  resetsAt: Timestamp,
});
export type Remaining = Static<typeof Remaining>;

export const SwipeAnswer = strict({
  matched: Type.Boolean(),
  matchId: Type.Optional(Uuid),
  remaining: Remaining,
});
export type SwipeAnswer = Static<typeof SwipeAnswer>;

export const UndoneSwipe = strict({ targetId: Uuid });

export const Match = strict({ id: Uuid, member: Card, createdAt: Timestamp });
export type Match = Static<typeof Match>;
export const MatchPage = page(Match);

/** Without the entitlement to see them, likes are told only in number: neither who nor when. */
export const LikeReceived = Type.Union([
  strict({
    blurred: Type.Literal(false),
    member: Card,
    likedAt: Timestamp,
    superlike: Type.Optional(SuperlikeReceived),
  }),
  strict({ blurred: Type.Literal(true) }),
]);
export type LikeReceived = Static<typeof LikeReceived>;

/** Likes are counted up to here; this number means as many or more. */
export const maxLikesCounted = 1_000;

export const LikePage = strict({
  ...page(LikeReceived).properties,
  count: Type.Integer({ minimum: 0, maximum: maxLikesCounted }),
});
export type LikePage = Static<typeof LikePage>;

const Pair = Type.Array(Uuid, { minItems: 2, maxItems: 2, description: "in ascending order" });

/** Aggregate of both: the match. */
export const MatchCreated = defineEvent({
  subject: "events.matching.match.created",
  payload: strict({ matchId: Uuid, memberIds: Pair, createdAt: Timestamp }),
  members: ({ memberIds }) => memberIds,
});

export const MatchEndReason = literals(["unmatch", "block"]);
export type MatchEndReason = Static<typeof MatchEndReason>;

export const MatchEnded = defineEvent({
  subject: "events.matching.match.ended",
  payload: strict({ matchId: Uuid, memberIds: Pair, reason: MatchEndReason, endedAt: Timestamp }),
  members: ({ memberIds }) => memberIds,
});
