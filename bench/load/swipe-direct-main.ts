/**
 * The rows of a like, and of the match if it makes one, written straight to Postgres in as few steps as keep them right:
 * the locks, one statement, the commit. No token, no schema, no quota, no block is looked at; nothing is published.
 */
import { randomUUIDv7 } from "node:crypto";
import pg from "pg";
import { coupleAt } from "./couples.ts";
import { answerWith, readInput } from "./load-input.ts";
import { type LoadShape, measureAll } from "./measure.ts";

const { shapes, databaseUrl, poolSize, members, firstCouple } = await readInput<{
  shapes: LoadShape[];
  databaseUrl: string;
  poolSize: number;
  members: { id: string }[];
  firstCouple: number;
}>();
const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize });
const pending = new Map<number, [string, string]>();
let nextCouple = firstCouple;

const locks = {
  name: "locks",
  text: `SELECT pg_advisory_xact_lock(hashtextextended(least($1, $2) || greatest($1, $2), 0)),
    pg_advisory_xact_lock(hashtextextended($1, 1))`,
};
const write = {
  name: "like",
  text: `
    WITH theirs AS (
      SELECT FROM bench.swipes WHERE actor_id = $2 AND target_id = $1 AND action <> 'pass'
    ), liked AS (
      INSERT INTO bench.swipes (actor_id, target_id, id, action, answer, swiped_at)
      VALUES ($1, $2, $3, 'like', $5, now())
    ), counted AS (
      INSERT INTO bench.swipers (member_id, likes_used, window_ends_at, last_target_id, last_counted)
      VALUES ($1, 1, now() + interval '1 day', $2, true)
      ON CONFLICT (member_id) DO UPDATE SET likes_used = swipers.likes_used + 1, last_target_id = $2
    ), matched AS (
      INSERT INTO bench.matches (id, low_id, high_id, created_at)
      SELECT $4, least($1::uuid, $2::uuid), greatest($1::uuid, $2::uuid), now() FROM theirs RETURNING id
    )
    INSERT INTO bench.outbox (event_id, subject, aggregate_id, payload, request_id, traceparent, occurred_at)
    SELECT $3, 'events.matching.match.created', id::text, $6, $3::text, $7, now() FROM matched`,
};
const answer = { matched: false, remaining: { likes: 49, superlikes: 0, resetsAt: "2026-01-01T00:00:00Z" } };
const traceparent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-00";

answerWith(
  await measureAll(shapes, async (worker) => {
    const waiting = pending.get(worker);
    const [actor, target] = waiting ?? coupleAt(members, nextCouple++).map(({ id }) => id);
    if (actor === undefined || target === undefined) throw new Error("a couple is two");
    if (waiting) pending.delete(worker);
    else pending.set(worker, [target, actor]);
    const matchId = randomUUIDv7();
    const payload = { matchId, memberIds: [actor, target], createdAt: new Date().toISOString() };
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      await client.query(locks, [actor, target]);
      await client.query(write, [actor, target, randomUUIDv7(), matchId, answer, payload, traceparent]);
      await client.query("COMMIT");
    } finally {
      client.release();
    }
  }),
);
