import { Empty, Match, MatchPage, PageQuery, strict, Uuid } from "@kismet/contracts";
import { type App, type Clock, dayOf, idOf, pageOf } from "@kismet/service-kit";
import { type CardRow, cardOf } from "../candidates/card.ts";
import type { MatchingDatabase } from "../storage.ts";
import { endMatch } from "./end-match.ts";
import { MatchNotFound } from "./matches-errors.ts";
import { findMatch, listMatches } from "./matches-repository.ts";

const MatchParams = strict({ id: Uuid });
const reading = {
  auth: "member",
  limit: "read",
  bodyLimit: 1_024,
  timeoutMs: 3_000,
  idempotent: true,
} as const;

export function registerMatchesRoutes(app: App, deps: { database: MatchingDatabase; clock: Clock }): void {
  const { database, clock } = deps;

  app.route({
    method: "GET",
    url: "/v1/matches",
    schema: {
      summary: "My matches, newest first",
      tags: ["matching"],
      querystring: PageQuery,
      response: { 200: MatchPage },
    },
    config: { policy: { ...reading, poll: true } },
    handler: async ({ member, query: { limit = 20, cursor } }) => {
      const before = cursor === undefined ? undefined : idOf(cursor);
      const rows = await listMatches(database.read, member.memberId, { before, limit: limit + 1 });
      return pageOf(rows, limit, (row) => matchOf(row, clock.now()));
    },
  });

  app.route({
    method: "GET",
    url: "/v1/matches/:id",
    schema: { summary: "One match", tags: ["matching"], params: MatchParams, response: { 200: Match } },
    config: { policy: reading },
    handler: async ({ member, params }) => {
      const row = await findMatch(database.read, params.id, member.memberId);
      if (!row) throw new MatchNotFound();
      return matchOf(row, clock.now());
    },
  });

  app.route({
    method: "DELETE",
    url: "/v1/matches/:id",
    schema: {
      summary: "Unmatch: the two never see each other again",
      tags: ["matching"],
      params: MatchParams,
      response: { 204: Empty },
    },
    config: { policy: { ...reading, limit: "write" } },
    handler: async ({ member, params }, reply) => {
      const ended = await database.transaction((tx) => endMatch(tx, params.id, member.memberId, clock.now()));
      if (!ended) throw new MatchNotFound();
      return reply.code(204).send(null);
    },
  });
}

function matchOf(row: CardRow & { id: string; createdAt: Date }, now: Date): Match {
  return { id: row.id, member: cardOf(row, dayOf(now)), createdAt: row.createdAt.toISOString() };
}
