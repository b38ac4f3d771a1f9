import { Readable } from "node:stream";
import { type AuditActor, recordAudit } from "@kismet/database";
import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import type { Sealing } from "../secrets/sealing.ts";
import type { AuthDatabase, Reads } from "../storage.ts";
import { readChunks } from "./archive-chunks.ts";
import type { ReadyArchive } from "./status-of-export.ts";

const Archive = Type.String({ maxLength: 10_000_000_000, description: "a ZIP of JSON files" });
/** In the schema of a route that answers an archive. */
export const archiveAnswer = {
  description: "The archive",
  content: { "application/zip": { schema: Archive } },
};
/** Of such a route: the whole of it has to arrive in this time. */
export const sendingTimeoutMs = 30_000;

/** An archive on its way out, opened piece by piece while it is sent. */
export type OpenArchive = { headers: Record<string, string | number>; pieces: Readable };

/** Records that it is fetched: by whom the request's token speaks for, unless another `actor` is said. */
export async function openArchive(
  { database, sealing }: { database: AuthDatabase; sealing: Sealing },
  reads: Reads,
  archive: ReadyArchive,
  actor?: AuditActor,
): Promise<OpenArchive> {
  const { id, writer, byteCount, sealedKey, requestedAt } = archive;
  const action = "auth.export.fetch";
  await recordAudit(reads, { action, details: { exportId: id }, ...(actor ? { actor } : {}) });
  const pieces = readChunks(database, { exportId: id, writer }, sealing.open(sealedKey), byteCount);
  const day = requestedAt.toISOString().slice(0, 10);
  return {
    headers: {
      "content-type": "application/zip",
      "content-length": byteCount,
      "content-disposition": `attachment; filename="kismet-${day}.zip"`,
      "cache-control": "no-store",
    },
    pieces: Readable.from(pieces),
  };
}

export function sendArchive(reply: FastifyReply, { headers, pieces }: OpenArchive): FastifyReply {
  return reply.headers(headers).send(pieces);
}
