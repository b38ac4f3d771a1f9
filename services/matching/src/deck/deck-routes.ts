import { Deck, DeckQuery } from "@kismet/contracts";
import type { App, Clock } from "@kismet/service-kit";
import type { MatchingDatabase } from "../storage.ts";
import { dealDeck } from "./deal-deck.ts";

export function registerDeckRoutes(app: App, deps: { database: MatchingDatabase; clock: Clock }): void {
  app.route({
    method: "GET",
    url: "/v1/discovery",
    schema: {
      summary: "People to swipe, best first",
      tags: ["matching"],
      querystring: DeckQuery,
      response: { 200: Deck },
    },
    config: {
      policy: { auth: "member", limit: "discovery", bodyLimit: 1_024, timeoutMs: 3_000, idempotent: true },
    },
    handler: ({ member, query: { limit = 20 } }) => dealDeck(deps, member.memberId, limit),
  });
}
