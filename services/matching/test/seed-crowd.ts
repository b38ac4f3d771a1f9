import { newId, type World } from "@kismet/testing";
import { latLngToCell } from "h3-js";
import { anywhere } from "../src/deck/distance.ts";
import { placeOf } from "../src/deck/place.ts";
import { london } from "./matching-world.ts";

/**
 * A metropolis: women and men who seek each other, thickest in the middle. The first of them has swiped 2,000, is liked
 * by 200 others and has 100 matches; 20,000 blocks among the rest. Gives the ids.
 */
export async function seedCrowd(world: World, size: number): Promise<string[]> {
  const ids = Array.from({ length: size }, newId);
  const places = Array.from({ length: 2_000 }, (_, i) => {
    const [km, angle] = [25 * (i / 2_000) ** 1.5, i * 2.399];
    const latitude = london[0] + (km * Math.sin(angle)) / 111.2;
    return placeOf(latLngToCell(latitude, london[1] + (km * Math.cos(angle)) / 69.2, 7));
  });
  await world.sql(
    `INSERT INTO matching.candidates (member_id, account_status, account_version, profile_version, first_name,
       birth_date, gender, interests, show_me, seeking, min_age, max_age, reach, cell, local_cell, near_cell,
       region_cell, x, y, z, time_zone, fresh_at)
     SELECT member.id, 'active', 1, 1, 'Robin', date '1986-01-01' + (member.i % 7300)::int,
       CASE WHEN member.i % 2 = 0 THEN 'woman' ELSE 'man' END, '{tea}',
       CASE WHEN member.i % 2 = 0 THEN '{man}'::text[] ELSE '{woman}' END,
       CASE WHEN member.i % 2 = 0 THEN 'woman>man' ELSE 'man>woman' END, 18, 60, $3, place.cell, place."localCell",
       place."nearCell", place."regionCell", place.x, place.y, place.z, 'Europe/London',
       now() - member.i * interval '1 minute'
     FROM unnest($1::uuid[]) WITH ORDINALITY AS member(id, i)
     JOIN ROWS FROM (jsonb_to_recordset($2) AS (cell text, "localCell" text, "nearCell" text, "regionCell" text,
       x float8, y float8, z float8)) WITH ORDINALITY AS place ON place.ordinality = member.i % 2000 + 1`,
    [ids, JSON.stringify(places), anywhere],
  );
  const swipe = "(actor_id, target_id, id, action, answer, swiped_at)";
  const [me] = ids;
  await world.sql(
    `INSERT INTO matching.swipes ${swipe} SELECT $1, id, gen_random_uuid(), 'pass', '{}', now() FROM unnest($2::uuid[]) id`,
    [me, ids.slice(1_000, 3_000)],
  );
  await world.sql(
    `INSERT INTO matching.swipes ${swipe} SELECT id, $1, gen_random_uuid(), 'like', '{}', now() FROM unnest($2::uuid[]) id`,
    [me, ids.slice(3_000, 3_200)],
  );
  await world.sql(
    `INSERT INTO matching.swipes ${swipe}
     SELECT a, b, gen_random_uuid(), 'like', '{}', now() FROM unnest($1::uuid[], $2::uuid[]) AS pair(a, b)`,
    [ids.slice(10_000, 60_000), ids.slice(10_001, 60_001)],
  );
  await world.sql(
    `INSERT INTO matching.matches (id, low_id, high_id, created_at)
     SELECT gen_random_uuid(), least(a, b), greatest(a, b), now() FROM unnest($1::uuid[], $2::uuid[]) AS pair(a, b)`,
    [
      [...ids.slice(10_000, 20_000), ...Array.from({ length: 100 }, () => me)],
      [...ids.slice(10_001, 20_001), ...ids.slice(5_000, 5_100)],
    ],
  );
  await world.sql(
    `INSERT INTO matching.blocks (blocker_id, blocked_id, version, active)
     SELECT a, b, 1, true FROM unnest($1::uuid[], $2::uuid[]) AS pair(a, b)`,
    [ids.slice(20_000, 40_000), ids.slice(20_001, 40_001)],
  );
  await world.sql("ANALYZE matching.candidates, matching.swipes, matching.blocks, matching.matches");
  return ids;
}
