import type { Parts } from "@kismet/service-kit";
import type pg from "pg";
import { Histogram } from "prom-client";
import type { QueryObserver, TimedQuery } from "./connection.ts";
import { translated } from "./errors.ts";
import type { DatabaseConfig } from "./pool.ts";

/** A plan costs a planning and a connection: for one statement at most this often. */
const planEveryMs = 60_000;
/** A connection on which the plan does not come by then is thrown away. */
const planTimeoutMs = 1_000;
/** Statements whose last plan we remember; made-up ones can't come, since values are parameters. */
const maxRemembered = 500;
const maxLoggedLength = 4_000;
/** One statement alone: what came after a semicolon would not be explained but done. */
const explainable = /^(select|insert|update|delete|with|merge)\b[^;]*$/i;

/** Logs statements above the threshold with their text, which holds placeholders instead of values, and their plan. */
export function observeQueries(parts: Parts<DatabaseConfig>, pool: pg.Pool): QueryObserver {
  const { logger, metrics, config } = parts;
  const plannedAt = new Map<string, number>();
  const seconds = new Histogram({
    name: "kismet_database_query_seconds",
    help: "How long statements took",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [metrics],
  });

  function mayPlan(sql: string): boolean {
    const now = performance.now();
    if (now - (plannedAt.get(sql) ?? Number.NEGATIVE_INFINITY) < planEveryMs) return false;
    if (plannedAt.size >= maxRemembered) plannedAt.clear();
    plannedAt.set(sql, now);
    return true;
  }

  return (text, elapsedMs) => {
    seconds.observe(elapsedMs / 1_000);
    if (elapsedMs < config.slowQueryMs) return;
    const sql = normalised(text);
    const slow = { sql: sql.slice(0, maxLoggedLength), elapsedMs: Math.round(elapsedMs) };
    if (!explainable.test(sql) || !mayPlan(sql)) {
      logger.warn(slow, "slow query");
      return;
    }
    void planOf(pool, text).then((plan) => logger.warn({ ...slow, plan }, "slow query"));
  };
}

/** Literals that are not parameters (a `limit`, an interval) become placeholders too, and blanks are folded. */
export function normalised(text: string): string {
  return withoutStrings(text)
    .replaceAll(/(?<![\w$])\d+(?:\.\d+)?\b/g, "?")
    .replaceAll(/\s+/g, " ")
    .trim();
}

function withoutStrings(text: string): string {
  return text.replaceAll(/'(?:[^']|'')*'/g, "?");
}

/** The generic plan: the one for the values at hand would put them into the log. Needs Postgres 16. */
async function planOf(pool: pg.Pool, text: string): Promise<string> {
  try {
    const query: TimedQuery = { text: `EXPLAIN (GENERIC_PLAN) ${text}`, query_timeout: planTimeoutMs };
    const { rows } = await pool.query<{ "QUERY PLAN": string }>(query);
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    return withoutStrings(plan).slice(0, maxLoggedLength);
  } catch (error) {
    // Postgres' own message quotes the statement.
    const failure = translated(error);
    return `none: ${failure instanceof Error ? failure.message : String(failure)}`;
  }
}
