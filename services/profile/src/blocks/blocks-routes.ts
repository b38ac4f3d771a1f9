import { type BlockedMember, BlockPage, Empty, PageQuery, strict, Uuid } from "@kismet/contracts";
import { type App, type Clock, idOf, pageOf } from "@kismet/service-kit";
import type { ProfileDatabase } from "../storage.ts";
import { blockMember, unblockMember } from "./block-member.ts";
import { listBlocks } from "./blocks-repository.ts";

const params = strict({ memberId: Uuid });
const tags = ["profile"];
const policy = {
  auth: "member",
  limit: "write",
  bodyLimit: 1_024,
  timeoutMs: 5_000,
  idempotent: true,
} as const;

export function registerBlocksRoutes(
  app: App,
  deps: { database: ProfileDatabase; clock: Clock; maxBlocksPerMember: number },
): void {
  app.route({
    method: "GET",
    url: "/v1/blocks",
    schema: {
      summary: "Whom I have blocked, newest first",
      tags,
      querystring: PageQuery,
      response: { 200: BlockPage },
    },
    config: { policy: { ...policy, limit: "read" } },
    handler: async ({ member, query: { limit = 20, cursor } }) => {
      const before = cursor === undefined ? undefined : idOf(cursor);
      const rows = await listBlocks(deps.database.read, member.memberId, { before, limit: limit + 1 });
      return pageOf(rows, limit, blockedMemberOf);
    },
  });

  app.route({
    method: "PUT",
    url: "/v1/blocks/:memberId",
    schema: {
      summary: "Block a member: neither sees the other from now on",
      tags,
      params,
      response: { 204: Empty },
    },
    config: { policy },
    handler: async ({ member, params: { memberId } }, reply) => {
      // Locks and versions go by the text of an id, so there must be only one.
      await blockMember(deps, member.memberId, memberId.toLowerCase());
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "DELETE",
    url: "/v1/blocks/:memberId",
    schema: { summary: "Take a block back", tags, params, response: { 204: Empty } },
    config: { policy },
    handler: async ({ member, params: { memberId } }, reply) => {
      await unblockMember(deps, member.memberId, memberId.toLowerCase());
      return reply.code(204).send(null);
    },
  });
}

function blockedMemberOf(row: Awaited<ReturnType<typeof listBlocks>>[number]): BlockedMember {
  const { memberId, firstName, blockedAt } = row;
  return {
    memberId,
    ...(firstName === null ? {} : { firstName }),
    blockedAt: blockedAt.toISOString(),
  };
}
