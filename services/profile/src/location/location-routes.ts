import { Empty, LocationRequest } from "@kismet/contracts";
import type { App, Clock } from "@kismet/service-kit";
import type { ProfileDatabase } from "../storage.ts";
import { cellOf } from "./cell.ts";
import type { MoveRules } from "./decide-move.ts";
import { moveMember } from "./move-member.ts";
import { timeZoneOf } from "./time-zone.ts";

export function registerLocationRoutes(
  app: App,
  deps: { database: ProfileDatabase; clock: Clock; rules: MoveRules },
): void {
  app.route({
    method: "PUT",
    url: "/v1/profile/location",
    schema: {
      summary: "Tell where I am; only a cell of about 5 km² is kept",
      tags: ["profile"],
      body: LocationRequest,
      response: { 204: Empty },
    },
    config: {
      policy: { auth: "member", limit: "write", bodyLimit: 1_024, timeoutMs: 5_000, idempotent: true },
    },
    handler: async ({ member, body: { timeZone, ...coordinates } }, reply) => {
      // Here the coordinates end: nothing below this line gets them.
      const cell = cellOf(coordinates);
      const place = timeZone === undefined ? { cell } : { cell, timeZone: timeZoneOf(timeZone) };
      await moveMember(deps, member.memberId, place);
      return reply.code(204).send(null);
    },
  });
}
