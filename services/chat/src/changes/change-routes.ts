import { ChangePage, ChangesQuery, maxPageSize } from "@kismet/contracts";
import type { Database } from "@kismet/database";
import type { App, Parts } from "@kismet/service-kit";
import type { Config } from "../config.ts";
import { entriesAfter, type Schema } from "./change-repository.ts";
import { resumeFeed } from "./resume-feed.ts";

export function registerChangeRoutes(app: App, parts: Parts<Config>, database: Database<Schema>): void {
  app.route({
    method: "GET",
    url: "/v1/chat/changes",
    schema: {
      summary: "What happened since",
      description: "Ask again with `since` = `next` until no items come.",
      querystring: ChangesQuery,
      response: { 200: ChangePage },
    },
    config: {
      policy: {
        auth: "member",
        limit: "read",
        bodyLimit: 1_024,
        timeoutMs: 5_000,
        idempotent: true,
        poll: true,
      },
    },
    async handler(request) {
      const { memberId } = request.member;
      const { since } = request.query;
      const resumption = await resumeFeed(database, memberId, since, parts.config.maxMissedChanges);
      if (resumption.fullSync) return { items: [], ...resumption };
      const entries = await entriesAfter(database, memberId, resumption.next, maxPageSize);
      const next = entries.at(-1)?.seq ?? resumption.next;
      return { items: entries.map(({ seq, change }) => ({ seq, change })), next, fullSync: false };
    },
  });
}
