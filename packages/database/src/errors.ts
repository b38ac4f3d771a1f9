import { PublicError } from "@kismet/service-kit";
import pg from "pg";

/** Postgres can't be reached, is starting or stopping, or every connection is taken. */
export class DatabaseUnavailable extends PublicError {
  constructor(cause?: unknown) {
    super("DATABASE_UNAVAILABLE", 503, "Storage is not available right now.", {
      retryAfterSeconds: 1,
      cause,
    });
  }
}

/** A statement, a lock or a connection took longer than the request may. */
export class DatabaseTimeout extends PublicError {
  constructor(cause?: unknown) {
    super("DATABASE_TIMEOUT", 504, "Storage did not answer in time.", { cause });
  }
}

type Facts = {
  sqlState: string;
  message: string;
  constraint?: string | undefined;
  table?: string | undefined;
};

/**
 * A statement that Postgres refused. It keeps what helps to find the fault and drops what may be somebody's data:
 * drizzle's error holds all parameters, Postgres' own holds the offending row.
 */
export class QueryFailed extends Error {
  readonly sqlState: string;
  readonly constraint: string | undefined;
  readonly table: string | undefined;

  constructor({ sqlState, message, constraint, table }: Facts) {
    const where = constraint ?? table;
    super(
      `SQLSTATE ${sqlState}${where ? ` at ${where}` : ""}${speaksOfCode(sqlState) ? `: ${message}` : ""}`,
    );
    this.name = "QueryFailed";
    this.sqlState = sqlState;
    this.constraint = constraint;
    this.table = table;
  }
}

/** Serialisation failure and deadlock: nothing was wrong with the transaction but its timing. */
export function isWorthRepeating(error: unknown): boolean {
  return error instanceof QueryFailed && (error.sqlState === "40001" || error.sqlState === "40P01");
}

export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (!(error instanceof QueryFailed) || error.sqlState !== "23505") return false;
  return constraint === undefined || error.constraint === constraint;
}

/** What the driver threw, under our names. Errors that are ours already pass. */
export function translated(error: unknown): unknown {
  if (error instanceof PublicError || error instanceof QueryFailed) return error;
  if (!(error instanceof pg.DatabaseError)) {
    return isDriverTimeout(error) ? new DatabaseTimeout(error) : new DatabaseUnavailable(error);
  }
  const { code = "", message, constraint, table } = error;
  const failed = new QueryFailed({ sqlState: code, message, constraint, table });
  if (timeouts.has(code)) return new DatabaseTimeout(failed);
  return isOutage(code) ? new DatabaseUnavailable(failed) : failed;
}

/** After these the connection is of no use: what is still under way on it could answer the next query. */
export function breaksConnection(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return true;
  return isOutage(error.code ?? "") || error.code === "25P03";
}

/** Statement cancelled by its timeout, lock timeout, idle in transaction, transaction timeout. */
const timeouts = new Set(["57014", "55P03", "25P03", "25P04"]);

/** Connection exceptions; shutdown, crash, starting up, idle session ended; no more connections. */
function isOutage(code: string): boolean {
  return code.startsWith("08") || /^57P0[1-5]$/.test(code) || code === "53300";
}

/** Class 42 is about names and syntax; messages of other classes quote values. */
function speaksOfCode(sqlState: string): boolean {
  return sqlState.startsWith("42");
}

function isDriverTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === "Query read timeout";
}
