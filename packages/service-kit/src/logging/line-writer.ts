import { pino } from "pino";
import { type Logger, timeField } from "./logger.ts";

/** `fields` is JSON, each field with a comma before it, and holds nothing that is to be redacted. */
export type LineWriter = (level: "info" | "warn", fields: string, message: string) => void;

/**
 * Writes lines as a logger of ours does, from fields that are JSON already. For what is logged with every request: there
 * pino's walk over the fields, its redaction and its mixins cost as much as a breaker, limits and metrics together
 * (docs/adr/access-lines-by-hand.md). What the logger adds to every line and where it writes are asked of the logger.
 */
export function createLineWriter(logger: Logger): LineWriter {
  const { chindingsSym, streamSym } = pino.symbols;
  const inside = logger as unknown as Record<symbol, unknown>;
  const ofEveryLine = inside[chindingsSym] as string;
  const stream = inside[streamSym] as { write(line: string): void };
  const values = logger.levels.values as Record<"info" | "warn", number>;
  return (level, fields, message) => {
    if (values[level] < logger.levelVal) return;
    stream.write(`{"level":"${level}"${timeField()}${ofEveryLine}${fields},"message":${quoted(message)}}\n`);
  };
}

/** What needs no escape in JSON: ids, methods, names. */
const plain = /^[\w .:/-]*$/;

export function quoted(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text);
}
