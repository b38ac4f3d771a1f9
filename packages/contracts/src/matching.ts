import { Type } from "typebox";
import { literals, strict, Timestamp, Uuid } from "./schema.ts";
import { defineEvent } from "./subject.ts";

const Pair = Type.Array(Uuid, { minItems: 2, maxItems: 2, description: "in ascending order" });

/** Aggregate of both: the match. */
export const MatchCreated = defineEvent({
  subject: "events.matching.match.created",
  payload: strict({ matchId: Uuid, memberIds: Pair, createdAt: Timestamp }),
});

export const MatchEnded = defineEvent({
  subject: "events.matching.match.ended",
  payload: strict({
    matchId: Uuid,
    memberIds: Pair,
    reason: literals(["unmatch", "block"]),
    endedAt: Timestamp,
  }),
});
