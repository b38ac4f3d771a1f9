import { Readable } from "node:stream";
import { ExportItem, ExportList, strict, Uuid } from "@kismet/contracts";
import { recordAudit } from "@kismet/database";
import type { App, Clock } from "@kismet/service-kit";
import { Type } from "typebox";
import type { Sealing } from "../secrets/sealing.ts";
import type { AuthDatabase } from "../storage.ts";
import { readChunks } from "./archive-chunks.ts";
import { ExportNotFound } from "./export-errors.ts";
import { findExport, listExports, type StoredExport } from "./exports-repository.ts";
import { requestExport } from "./request-export.ts";
import { ownReading } from "../route-policies.ts";

const tags = ["auth"];
const listed = 20;
/** Who is about to leave may take with them what is theirs. */
const reading = { ...ownReading, timeoutMs: 5_000 } as const;
const delicate = { ...reading, stepUp: true } as const;
const Archive = Type.String({ maxLength: 10_000_000_000, description: "a ZIP of JSON files" });

type Deps = {
  database: AuthDatabase;
  clock: Clock;
  sealing: Sealing;
  exportsPerDay: number;
  requested: () => void;
};

export function registerExports(app: App, deps: Deps): void {
  const { database, clock, sealing, requested } = deps;

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
      response: { 200: { description: "The archive", content: { "application/zip": { schema: Archive } } } },
    },
    config: { policy: { ...delicate, timeoutMs: 30_000 } },
    handler: async ({ member, params: { id } }, reply) => {
      const found = await findExport(database.read, { id, memberId: member.memberId });
      const { writer, byteCount, sealedKey } = found ?? {};
      if (!found || statusOf(found, clock.now()) !== "ready" || !writer || !byteCount || !sealedKey)
        throw new ExportNotFound();
      await recordAudit(database.read, { action: "auth.export.fetch", details: { exportId: id } });
      const archive = readChunks(database, { exportId: id, writer }, sealing.open(sealedKey), byteCount);
      void reply
        .type("application/zip")
        .header("content-length", byteCount)
        .header(
          "content-disposition",
          `attachment; filename="kismet-${found.requestedAt.toISOString().slice(0, 10)}.zip"`,
        )
        .header("cache-control", "no-store");
      return reply.send(Readable.from(archive) as never);
    },
  });
}

function statusOf({ readyAt, expiresAt, nextAttemptAt }: StoredExport, now: Date): ExportItem["status"] {
  if (readyAt === null) return nextAttemptAt === null ? "failed" : "preparing";
  return expiresAt !== null && expiresAt > now ? "ready" : "expired";
}

function itemOf(row: StoredExport, now: Date): ExportItem {
  return {
    id: row.id,
    status: statusOf(row, now),
    requestedAt: row.requestedAt.toISOString(),
    byteCount: row.byteCount,
    expiresAt: row.expiresAt?.toISOString() ?? null,
  };
}
