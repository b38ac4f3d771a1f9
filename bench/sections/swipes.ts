import { newId } from "@kismet/testing";
import type { LoadResult } from "../load/measure.ts";
import { runLoad } from "../load/run-load.ts";
import { type Spawned, spawnService } from "../system/spawn-process.ts";
import type { System } from "../system/start-system.ts";
import { poolSize } from "./plan.ts";
import { type Contestant, type Rounds, runRounds, type Section, type Shape } from "./rounds.ts";

const memberCount = 2_000;
/** More than any one load uses: each begins where no couple has met yet. */
const couplesALoad = 50_000;

export type Swiping = { matching: Spawned; load(shapes: Shape[]): Promise<LoadResult[]> };

export async function benchSwipes({ system, plan, progress }: Section): Promise<Rounds> {
  await system.admin.query(`
    CREATE SCHEMA IF NOT EXISTS bench;
    CREATE TABLE bench.swipes (LIKE matching.swipes INCLUDING ALL);
    CREATE TABLE bench.swipers (LIKE matching.swipers INCLUDING ALL);
    CREATE TABLE bench.matches (LIKE matching.matches INCLUDING ALL);
    CREATE TABLE bench.outbox (LIKE matching.outbox INCLUDING ALL)`);
  const { matching, load } = await startSwiping(system);
  progress("swipes: 2 ways");
  const rounds = await runRounds(plan, [{ name: "matching", run: load }, directContestant(system)]);
  await matching.stop();
  return rounds;
}

/** A matching service with a town of members who all may like each other. */
export async function startSwiping(system: System, profileFolder?: string): Promise<Swiping> {
  const { natsUrl, cleanup } = system;
  const members = await placeMembers(system);
  const databaseUrl = system.databaseUrl("matching");
  const matching = await spawnService(
    "matching",
    { natsUrl, databaseUrl, databasePoolSize: poolSize, freeLikesPerDay: 10_000 },
    profileFolder === undefined ? system : { ...system, name: "matching-profiled", profileFolder },
  );
  const pids = { ...system.pids, service: matching.pid };
  let firstCouple = 0;
  return {
    matching,
    load(shapes) {
      const input = {
        shapes: shapes.map((shape) => ({ ...shape, pids })),
        origin: matching.url,
        members,
        firstCouple,
      };
      firstCouple += couplesALoad;
      return runLoad("swipe-http", input, cleanup);
    },
  };
}

function directContestant(system: System): Contestant {
  const { adminUrl: databaseUrl, pids, cleanup } = system;
  const members = Array.from({ length: memberCount }, () => ({ id: newId() }));
  let firstCouple = 0;
  return {
    name: "straight to Postgres",
    run(shapes) {
      const input = {
        shapes: shapes.map((shape) => ({ ...shape, pids })),
        databaseUrl,
        poolSize,
        members,
        firstCouple,
      };
      firstCouple += couplesALoad;
      return runLoad("swipe-direct", input, cleanup);
    },
  };
}

/** As the events of auth and profile leave them, where a like looks. */
async function placeMembers({ admin, signer }: System): Promise<{ id: string; token: string }[]> {
  const members = Array.from({ length: memberCount }, newId).map((id) => ({
    id,
    token: signer.token({ memberId: id }),
  }));
  await admin.query(
    `INSERT INTO matching.candidates
       (member_id, account_status, account_version, profile_version, first_name, birth_date, gender, show_me, cell, time_zone)
     SELECT unnest($1::uuid[]), 'active', 1, 1, 'Robin', '1995-04-01', 'woman', '{woman}', '871f1d489ffffff', 'Europe/Berlin'`,
    [members.map(({ id }) => id)],
  );
  await admin.query("ANALYZE matching.candidates");
  return members;
}
