import { test } from "tap";
import { decideStanding } from "./decide-standing.ts";

const now = new Date("2026-11-24T12:00:00Z");
const later = new Date("2026-11-25T12:00:00Z");

test("a status follows from what was decided: leaving, banned, suspended, of unproven age, hidden, active, in this order", async (t) => {
  for (const erasesAt of [later, null])
    for (const hiddenAt of [now, null])
      for (const restriction of [
        { kind: "banned", until: null },
        { kind: "suspended", until: later },
        { kind: "suspended", until: now },
        undefined,
      ] as const)
        for (const ageUnproven of [true, false]) {
          const held = restriction && (restriction.until ?? later) > now ? restriction.kind : undefined;
          t.equal(
            decideStanding({ erasesAt, hiddenAt, restriction, ageUnproven }, now),
            erasesAt ? "deleting" : (held ?? (ageUnproven ? "age_unproven" : hiddenAt ? "hidden" : "active")),
          );
        }
});
