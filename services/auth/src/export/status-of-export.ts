import type { ExportItem } from "@kismet/contracts";
import type { StoredExport } from "./exports-repository.ts";

/** One that is there to be fetched. */
export type ReadyArchive = StoredExport & { writer: string; byteCount: number; expiresAt: Date };

export function statusOfExport(
  { readyAt, expiresAt, nextAttemptAt }: StoredExport,
  now: Date,
): ExportItem["status"] {
  if (readyAt === null) return nextAttemptAt === null ? "failed" : "preparing";
  return expiresAt !== null && expiresAt > now ? "ready" : "expired";
}

export function isReady(row: StoredExport, now: Date): row is ReadyArchive {
  return statusOfExport(row, now) === "ready" && row.writer !== null && row.byteCount !== null;
}
