import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";

export type CopyValue = string | number | boolean | null | readonly string[] | object;
export type CopyRow = Record<string, CopyValue>;

/** Rows that go to the server in one piece. */
const chunkRows = 500;

/** Fills a table by COPY, ten times as fast as by INSERT; all rows have the columns of the first one. */
export async function copyRows(client: pg.Client, table: string, rows: Iterable<CopyRow>): Promise<void> {
  const iterator = Iterator.from(rows);
  const first = iterator.next();
  if (first.done) return;
  const columns = Object.keys(first.value);
  const names = columns.map((column) => pg.escapeIdentifier(column)).join(", ");
  const stream = client.query(copyFrom(`COPY ${table} (${names}) FROM STDIN`));
  await pipeline(Readable.from(chunks(first.value, iterator, columns)), stream);
}

function* chunks(first: CopyRow, rest: Iterable<CopyRow>, columns: string[]): Generator<string> {
  const lineOf = (row: CopyRow) => `${columns.map((column) => encode(row[column] ?? null)).join("\t")}\n`;
  let chunk = lineOf(first);
  let count = 1;
  for (const row of rest) {
    chunk += lineOf(row);
    if (++count % chunkRows > 0) continue;
    yield chunk;
    chunk = "";
  }
  yield chunk;
}

/** COPY's text format: tabs between columns, `\N` for null. Arrays are of text, other objects are JSON. */
function encode(value: CopyValue): string {
  if (value === null) return "\\N";
  if (value instanceof Date) return value.toISOString();
  if (isArray(value)) return escape(`{${value.map((item) => JSON.stringify(item)).join(",")}}`);
  return escape(typeof value === "object" ? JSON.stringify(value) : String(value));
}

function isArray(value: CopyValue): value is readonly string[] {
  return Array.isArray(value);
}

const escapes: Record<string, string> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

function escape(text: string): string {
  return text.replaceAll(/[\\\t\n\r]/g, (character) => escapes[character] ?? character);
}
