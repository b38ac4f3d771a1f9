import { Card, strict, Uuid } from "@kismet/contracts";
import type { App, Clock } from "@kismet/service-kit";
import { ProfileNotFound } from "../profile/profile-errors.ts";
import type { ProfileDatabase } from "../storage.ts";
import { cardOf } from "./card.ts";
import { findVisibleProfile } from "./cards-repository.ts";

export function registerCardsRoutes(app: App, deps: { database: ProfileDatabase; clock: Clock }): void {
  app.route({
    method: "GET",
    url: "/v1/profiles/:memberId",
    schema: {
      summary: "A member as others see them; one's own id shows how one looks",
      tags: ["profile"],
      params: strict({ memberId: Uuid }),
      response: { 200: Card },
    },
    config: {
      policy: { auth: "member", limit: "read", bodyLimit: 1_024, timeoutMs: 3_000, idempotent: true },
    },
    handler: async ({ member, params }) => {
      const profile = await findVisibleProfile(deps.database.read, member.memberId, params.memberId);
      if (!profile) throw new ProfileNotFound();
      return cardOf(profile, deps.clock.now());
    },
  });
}
