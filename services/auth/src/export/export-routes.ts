import { ExportItem, ExportList, strict, Uuid } from "@kismet/contracts";
import type { App, Clock } from "@kismet/service-kit";
import type { Sealing } from "../secrets/sealing.ts";
import type { AuthDatabase } from "../storage.ts";
import { ExportNotFound } from "./export-errors.ts";
import { findExport, listExports, type StoredExport } from "./exports-repository.ts";
import { archiveAnswer, openArchive, sendArchive, sendingTimeoutMs } from "./open-archive.ts";
import { requestExport } from "./request-export.ts";
import { isReady, statusOfExport } from "./status-of-export.ts";
import { ownReading } from "../route-policies.ts";

const tags = ["auth"];
const listed = 20;
/** Who is about to leave may take with them what is theirs. */
const reading = { ...ownReading, timeoutMs: 5_000 } as const;
const delicate = { ...reading, stepUp: true } as const;

type Deps = {
  database: AuthDatabase;
  clock: Clock;
  sealing: Sealing;
  exportsPerDay: number;
  requested: () => void;
};

export function registerExports(app: App, deps: Deps): void {
  const { database, clock, requested } = deps;

  app.route({
    method: "POST",
    url: "/v1/auth/me/export",
    schema: {
      summary: "Have everything about me collected in an archive",
      tags,
      response: { 202: ExportItem },
    },
    config: { policy: { ...delicate, limit: "write", idempotent: false } },
    handler: async ({ member }, reply) => {
      const asked = await requestExport(deps, member.memberId);
      requested();
      return reply.code(202).send(itemOf(asked, clock.now()));
    },
  });

  app.route({
    method: "GET",
    url: "/v1/auth/me/exports",
    schema: { summary: "My archives, newest first", tags, response: { 200: ExportList } },
    config: { policy: reading },
    handler: async ({ member }) => {
      const rows = await listExports(database.read, member.memberId, listed);
      return { items: rows.map((row) => itemOf(row, clock.now())), nextCursor: null };
    },
  });

  app.route({
    method: "GET",
    url: "/v1/auth/me/exports/:id/archive",
    schema: {
      summary: "One of my archives",
      tags,
      params: strict({ id: Uuid }),
      response: { 200: archiveAnswer },
    },
    config: { policy: { ...delicate, timeoutMs: sendingTimeoutMs } },
    handler: async ({ member, params: { id } }, reply) => {
      const found = await findExport(database.read, { id, memberId: member.memberId });
      if (!found || !isReady(found, clock.now())) throw new ExportNotFound();
      return sendArchive(reply, await openArchive(deps, database.read, found));
    },
  });
}

function itemOf(row: StoredExport, now: Date): ExportItem {
  return {
    id: row.id,
    status: statusOfExport(row, now),
    requestedAt: row.requestedAt.toISOString(),
    byteCount: row.byteCount,
    expiresAt: row.expiresAt?.toISOString() ?? null,
  };
}
