import { and, between, eq, gt, gte, inArray, isNull, lte, ne, or, type SQL, sql } from "drizzle-orm";
import { isUnblocked } from "../blocks/blocks-repository.ts";
import { candidates, swipes } from "../schema.ts";
import type { Observer } from "./decide-observer.ts";

/**
 * Whether one of those who seek each other by gender may be dealt to the observer: each must fit what the other wants,
 * and nothing may stand between them. (The index tells who seeks whom; said again here, it would mislead the planner.)
 */
export function eligibleFor(observer: Observer): SQL | undefined {
  return and(
    sql`${candidates.visible}`,
    ne(candidates.memberId, observer.memberId),
    wantedBy(observer),
    wanting(observer),
    sql`${distanceTo(observer)} <= least(${observer.reach}::float8, ${candidates.reach})`,
    isNotSwipedBy(observer.memberId),
    isUnblocked(sql`${observer.memberId}::uuid`, candidates.memberId),
  );
}

function wantedBy({ birthDates, dealBreakers }: Observer): SQL | undefined {
  const { relationshipGoal, minHeightCm, maxHeightCm } = dealBreakers;
  return and(
    gt(candidates.birthDate, birthDates.after),
    lte(candidates.birthDate, birthDates.until),
    relationshipGoal && inArray(candidates.relationshipGoal, relationshipGoal),
    minHeightCm === undefined ? undefined : gte(candidates.heightCm, minHeightCm),
    maxHeightCm === undefined ? undefined : lte(candidates.heightCm, maxHeightCm),
  );
}

/** The other way round. Who does not state what is asked for is not wanted: a comparison with null is not true. */
function wanting({ age, relationshipGoal, heightCm }: Observer): SQL | undefined {
  const asked = candidates.dealBreakers;
  return and(
    between(sql`${age}::int`, candidates.minAge, candidates.maxAge),
    or(
      isNull(asked),
      and(
        sql`(${asked}->'relationshipGoal' IS NULL OR ${asked}->'relationshipGoal' ? ${relationshipGoal}::text)`,
        sql`(${asked}->'minHeightCm' IS NULL OR ${heightCm}::int >= (${asked}->>'minHeightCm')::int)`,
        sql`(${asked}->'maxHeightCm' IS NULL OR ${heightCm}::int <= (${asked}->>'maxHeightCm')::int)`,
      ),
    ),
  );
}

/** As `chordSquared` computes it. */
function distanceTo({ point: { x, y, z } }: Observer): SQL {
  const dx = sql`(${candidates.x} - ${x}::float8)`;
  const dy = sql`(${candidates.y} - ${y}::float8)`;
  const dz = sql`(${candidates.z} - ${z}::float8)`;
  return sql`(${dx} * ${dx} + ${dy} * ${dy} + ${dz} * ${dz})`;
}

/** Matches need no test of their own: whoever has one has swiped, and that swipe stays when the match has ended. */
function isNotSwipedBy(memberId: string): SQL {
  const swiped = and(eq(swipes.actorId, memberId), eq(swipes.targetId, candidates.memberId));
  return sql`NOT EXISTS (SELECT FROM ${swipes} WHERE ${swiped})`;
}
