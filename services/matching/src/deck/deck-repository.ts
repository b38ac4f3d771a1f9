import { and, desc, eq, inArray, ne, type SQL, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import { cardColumns } from "../candidates/card.ts";
import { seekersFor } from "../candidates/decide-seeking.ts";
import { candidates, swipes } from "../schema.ts";
import type { Reads } from "../storage.ts";
import type { Contender } from "./decide-deck-order.ts";
import type { Observer } from "./decide-observer.ts";
import type { Scope } from "./decide-scopes.ts";
import { eligibleFor } from "./eligible.ts";
import { cellsAround, localLevel, nearLevel, regionLevel } from "./place.ts";

/** How many go into the ranking at most; those of the nearest cells, which come first. */
const poolSize = 200;

/** Who may be dealt to the observer within the scope, and, wherever they are, the latest who like the observer. */
export async function findContenders(
  reads: Reads,
  observer: Observer,
  scope: Scope,
  limit: number,
): Promise<Contender[]> {
  const rows = await contendersQuery(reads, observer, scope, limit);
  const byId = new Map<string, Contender>();
  for (const { memberId, x, y, z, interests, freshAt, likesObserver } of rows) {
    if (byId.get(memberId)?.likesObserver) continue;
    // Columns of a visible candidate are all there.
    const point = { x: x ?? 0, y: y ?? 0, z: z ?? 0 };
    byId.set(memberId, {
      memberId,
      point,
      interests: interests ?? [],
      freshAt: freshAt ?? new Date(0),
      likesObserver,
    });
  }
  return [...byId.values()];
}

/**
 * Cell by cell, the nearest first, the index yields the freshest of those who seek each other, and the walk ends when
 * enough of them are eligible: in a metropolis a handful of rows is read from each, however many live there.
 */
export function contendersQuery(reads: Reads, observer: Observer, scope: Scope, limit: number) {
  const { keys, isInside } = areaOf(scope, observer.cell);
  const seekers = seekersFor(observer.gender, observer.showMe);
  const probes = keys.flatMap((key) => seekers.map((seeking) => ({ key, seeking })));
  const freshest = reads
    .select(contenderColumns)
    .from(candidates)
    .where(and(isInside, sql`${candidates.seeking} = probe.seeking`, eligibleFor(observer)))
    .orderBy(desc(candidates.freshAt))
    .limit(limit)
    .as("freshest");
  const around = reads
    .select({
      memberId: freshest.memberId,
      x: freshest.x,
      y: freshest.y,
      z: freshest.z,
      interests: freshest.interests,
      freshAt: freshest.freshAt,
      likesObserver: sql<boolean>`false`.as("likes_observer"),
    })
    .from(
      sql`unnest(${textArray(probes.map(({ key }) => key))}, ${textArray(probes.map(({ seeking }) => seeking))})
        AS probe(key, seeking)`,
    )
    .crossJoinLateral(freshest)
    .limit(poolSize);
  const admirers = reads
    .select({ ...contenderColumns, likesObserver: sql<boolean>`true`.as("likes_observer") })
    .from(swipes)
    .innerJoin(candidates, eq(candidates.memberId, swipes.actorId))
    .where(
      and(
        eq(swipes.targetId, observer.memberId),
        ne(swipes.action, "pass"),
        inArray(candidates.seeking, seekers),
        eligibleFor(observer),
      ),
    )
    .orderBy(desc(swipes.id))
    .limit(limit);
  return unionAll(around, admirers);
}

export function findDealt(reads: Reads, observerId: string, memberIds: string[]) {
  const superlike = and(
    eq(swipes.actorId, candidates.memberId),
    eq(swipes.targetId, observerId),
    eq(swipes.action, "superlike"),
  );
  return reads
    .select({ card: cardColumns, superlike: { id: swipes.id, note: swipes.note } })
    .from(candidates)
    .leftJoin(swipes, superlike)
    .where(and(inArray(candidates.memberId, memberIds), sql`${candidates.visible}`));
}

const contenderColumns = {
  memberId: candidates.memberId,
  x: candidates.x,
  y: candidates.y,
  z: candidates.z,
  interests: candidates.interests,
  freshAt: candidates.freshAt,
};

const indexed = {
  local: { level: localLevel, column: candidates.localCell },
  near: { level: nearLevel, column: candidates.nearCell },
  region: { level: regionLevel, column: candidates.regionCell },
};

function areaOf(scope: Scope, cell: string): { keys: string[]; isInside: SQL | undefined } {
  if (scope.level === "world") return { keys: ["world"], isInside: undefined };
  const { level, column } = indexed[scope.level];
  return { keys: cellsAround(cell, scope.radiusKm, level), isInside: sql`${column} = probe.key` };
}

function textArray(values: string[]): SQL {
  return sql`${sql.param(values)}::text[]`;
}
