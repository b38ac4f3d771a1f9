import { LikePage, PageQuery } from "@kismet/contracts";
import type { App, Clock } from "@kismet/service-kit";
import type { MatchingDatabase } from "../storage.ts";
import { listLikes } from "./list-likes.ts";

export function registerLikesRoutes(app: App, deps: { database: MatchingDatabase; clock: Clock }): void {
  app.route({
    method: "GET",
    url: "/v1/likes",
    schema: {
      summary: "Who likes me: in number, and by name for those entitled to it",
      tags: ["matching"],
      querystring: PageQuery,
      response: { 200: LikePage },
    },
    config: {
      policy: { auth: "member", limit: "read", bodyLimit: 1_024, timeoutMs: 3_000, idempotent: true },
    },
    handler: ({ member, query: { limit = 20, cursor } }) =>
      listLikes(deps, member.memberId, { limit, cursor }),
  });
}
