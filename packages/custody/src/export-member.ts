import type { ExportSection } from "@kismet/contracts";
import type { AnyDatabase } from "@kismet/database";
import { NotFound, ValidationFailed } from "@kismet/service-kit";
import { readRows } from "./custody-repository.ts";
import type { Custody } from "./declare-custody.ts";

const rowsAtOnce = 500;
/** NATS refuses messages of a megabyte, and JSON within JSON grows. */
const maxPageBytes = 350_000;

export function sectionsOf({ entries }: Custody): ExportSection[] {
  return entries.flatMap(({ custody: { section, exported } }) =>
    section ? [{ name: section.name, title: section.title, fields: [...exported] }] : [],
  );
}

type Page = { rows: string; count: number; cursor: string | null };

/** One page of a section: as many rows as a message holds, and at least one. */
export async function readSection(
  { database, custody }: { database: AnyDatabase; custody: Custody },
  { memberId, section: name, cursor }: { memberId: string; section: string; cursor: string | null },
): Promise<Page> {
  const entry = custody.entries.find(({ custody }) => custody.section?.name === name);
  const rows = entry?.custody.section?.rows(memberId);
  if (!entry || !rows) throw new NotFound("There is no such section.");
  const after = cursor === null ? null : positionOf(cursor);
  const found = await readRows(database.read, entry.table, entry.custody.exported, {
    rows,
    after,
    limit: rowsAtOnce,
  });
  let bytes = 0;
  const fitting = found.filter(({ row }, index) => {
    bytes += Buffer.byteLength(row) + 1;
    return index === 0 || bytes <= maxPageBytes;
  });
  const isLast = fitting.length === found.length && found.length < rowsAtOnce;
  const last = fitting.at(-1);
  return {
    rows: fitting.map(({ row }) => row).join(","),
    count: fitting.length,
    cursor: isLast || !last ? null : cursorOf(last.position),
  };
}

function cursorOf(position: string[]): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

function positionOf(cursor: string): string[] {
  const read: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  if (Array.isArray(read) && read.every((value) => typeof value === "string")) return read;
  throw new ValidationFailed("This is no place in a section.", [{ path: "/cursor", message: "is not ours" }]);
}
