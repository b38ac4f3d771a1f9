import { declareCustody } from "@kismet/custody";
import { eq, or } from "drizzle-orm";
import * as schema from "./schema.ts";

const { profiles, accounts, blocks } = schema;

const counter = "counts changes, and says nothing of the member";

/** What this service keeps of a member. */
export const custody = declareCustody(schema, {
  profiles: {
    section: { name: "profile", title: "Your profile", rows: (id) => eq(profiles.memberId, id) },
    exported: [
      ...([
        "memberId",
        "firstName",
        "birthDate",
        "gender",
        "bio",
        "interests",
        "relationshipGoal",
        "job",
      ] as const),
      ...([
        "school",
        "heightCm",
        "orientation",
        "prompts",
        "children",
        "smoking",
        "drinking",
        "religion",
      ] as const),
      ...(["languages", "hidden", "preferences", "cell", "timeZone", "createdAt", "changedAt"] as const),
    ],
    withheld: {
      version: counter,
      moves: "counts against a limit, for a day",
      movesResetAt: "counts against a limit, for a day",
      farMovedAt: "counts against a limit, for an hour",
    },
    erased: [{ rows: (id) => eq(profiles.memberId, id) }],
  },
  accounts: {
    exported: [],
    withheld: {
      memberId: "auth's archive has the account",
      status: "auth's archive has it",
      version: counter,
    },
    erased: [{ rows: (id) => eq(accounts.memberId, id) }],
  },
  blocks: {
    section: { name: "blocks", title: "Whom you have blocked", rows: (id) => eq(blocks.blockerId, id) },
    exported: ["blockedId", "active", "changedAt"],
    withheld: {
      blockerId: "it is the member",
      version: counter,
      id: "only orders the list",
    },
    // Also those of others: whom they name is nobody any more, and who comes again is somebody else.
    erased: [{ rows: (id) => or(eq(blocks.blockerId, id), eq(blocks.blockedId, id)) }],
  },
});
