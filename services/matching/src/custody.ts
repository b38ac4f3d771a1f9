import { declareCustody } from "@kismet/custody";
import { and, eq, inArray, or, sql } from "drizzle-orm";
import * as schema from "./schema.ts";

const { candidates, entitlements, blocks, swipers, swipes, matches, superlikeIntents } = schema;

const projected = "a copy of what the archives of auth, profile and billing have";
const mine = "it is the member";
const settled = ["used", "refunded"] as const;

/** Nobody: stands where an erased member was named in what is others'. */
const nobody = sql`'00000000-0000-0000-0000-000000000000'::uuid`;

/** What this service keeps of a member. */
export const custody = declareCustody(schema, {
  candidates: {
    exported: [],
    withheld: {
      ...{ memberId: mine, accountStatus: projected, accountVersion: projected, profileVersion: projected },
      ...{
        firstName: projected,
        birthDate: projected,
        gender: projected,
        bio: projected,
        interests: projected,
      },
      ...{ relationshipGoal: projected, job: projected, school: projected, heightCm: projected },
      ...{
        attributes: projected,
        showMe: projected,
        seeking: projected,
        minAge: projected,
        maxAge: projected,
      },
      ...{ dealBreakers: projected, maxDistanceKm: projected, reach: projected, cell: projected },
      ...{ localCell: projected, nearCell: projected, regionCell: projected, x: projected, y: projected },
      ...{ z: projected, timeZone: projected, freshAt: projected, visible: projected },
    },
    erased: [{ rows: (id) => eq(candidates.memberId, id) }],
  },
  entitlements: {
    exported: [],
    withheld: {
      ...{ memberId: mine, version: projected, unlimitedLikes: projected, seeLikes: projected },
      ...{ superlikes: projected, validUntil: projected },
    },
    erased: [{ rows: (id) => eq(entitlements.memberId, id) }],
  },
  blocks: {
    exported: [],
    withheld: { blockerId: projected, blockedId: projected, version: projected, active: projected },
    erased: [{ rows: (id) => or(eq(blocks.blockerId, id), eq(blocks.blockedId, id)) }],
  },
  swipers: {
    exported: [],
    withheld: {
      memberId: mine,
      likesUsed: "counts against a limit, for a day",
      windowEndsAt: "counts against a limit, for a day",
      lastTargetId: "the newest of the swipes",
      lastCounted: "counts against a limit, for a day",
    },
    erased: [
      { rows: (id) => eq(swipers.memberId, id) },
      { rows: (id) => eq(swipers.lastTargetId, id), set: () => ({ lastTargetId: null }) },
    ],
    kept: {
      ...{ memberId: "another member's", likesUsed: "another member's", windowEndsAt: "another member's" },
      lastCounted: "another member's",
    },
  },
  swipes: {
    // Only what the member did. Who liked them is not theirs to see, unless there was a match.
    section: { name: "swipes", title: "Whom you liked and passed", rows: (id) => eq(swipes.actorId, id) },
    exported: ["targetId", "action", "note", "swipedAt"],
    withheld: {
      actorId: mine,
      id: "only orders them",
      answer: "says how many likes were left at that moment",
    },
    erased: [{ rows: (id) => or(eq(swipes.actorId, id), eq(swipes.targetId, id)) }],
  },
  matches: {
    section: {
      name: "matches",
      title: "Your matches",
      rows: (id) => or(eq(matches.lowId, id), eq(matches.highId, id)),
    },
    exported: ["id", "lowId", "highId", "createdAt", "endedAt"],
    withheld: { endReason: "would tell a member that the other one has blocked them" },
    erased: [{ rows: (id) => or(eq(matches.lowId, id), eq(matches.highId, id)) }],
  },
  superlikeIntents: {
    section: {
      name: "superlikes",
      title: "Super likes that you paid for",
      rows: (id) => eq(superlikeIntents.memberId, id),
    },
    exported: ["targetId", "status", "createdAt"],
    withheld: { id: "a key between services", memberId: mine },
    erased: [
      { rows: (id) => eq(superlikeIntents.memberId, id) },
      {
        rows: (id) => and(eq(superlikeIntents.targetId, id), inArray(superlikeIntents.status, [...settled])),
      },
      // Another member is still to get theirs back.
      { rows: (id) => eq(superlikeIntents.targetId, id), set: () => ({ targetId: nobody }) },
    ],
    kept: {
      ...{ id: "another member's", memberId: "another member's", status: "another member's" },
      createdAt: "another member's",
    },
  },
});
