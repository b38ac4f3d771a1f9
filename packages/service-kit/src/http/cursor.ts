import { ValidationFailed } from "../errors/kit-errors.ts";

/** Lists continue after an id of version 7; its bytes make the cursor. */
export function cursorOf(id: string): string {
  return Buffer.from(id.replaceAll("-", ""), "hex").toString("base64url");
}

export function idOf(cursor: string): string {
  const hex = Buffer.from(cursor, "base64url").toString("hex");
  if (hex.length !== 32) {
    throw new ValidationFailed("The cursor is not one that this list gave.", [
      { path: "query/cursor", message: "is unknown" },
    ]);
  }
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** One row more than was asked for tells whether there is a next page. */
export function pageOf<Row extends { id: string }, Item>(
  rows: Row[],
  limit: number,
  itemOf: (row: Row) => Item,
): { items: Item[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(itemOf),
    nextCursor: rows.length > limit && last ? cursorOf(last.id) : null,
  };
}
