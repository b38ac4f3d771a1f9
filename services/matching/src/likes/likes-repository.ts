import { maxLikesCounted } from "@kismet/contracts";
import { aliasedTable, and, count, desc, eq, lt, ne, type SQL, sql } from "drizzle-orm";
import { isUnblocked } from "../blocks/blocks-repository.ts";
import { cardColumns } from "../candidates/card.ts";
import { candidates, swipes } from "../schema.ts";
import type { Reads } from "../storage.ts";

/** Newest first; those that the member has not answered, from people who are there. */
export function findLikes(
  reads: Reads,
  memberId: string,
  { before, limit }: { before: string | undefined; limit: number },
) {
  return reads
    .select({
      id: swipes.id,
      action: swipes.action,
      note: swipes.note,
      likedAt: swipes.swipedAt,
      card: cardColumns,
    })
    .from(swipes)
    .innerJoin(candidates, eq(candidates.memberId, swipes.actorId))
    .where(and(unanswered(memberId), before === undefined ? undefined : lt(swipes.id, before)))
    .orderBy(desc(swipes.id))
    .limit(limit);
}

/** Stops at `maxLikesCounted`: nobody's popularity makes the query long. */
export async function countLikes(reads: Reads, memberId: string): Promise<number> {
  const some = reads
    .select({ id: swipes.id })
    .from(swipes)
    .innerJoin(candidates, eq(candidates.memberId, swipes.actorId))
    .where(unanswered(memberId))
    .limit(maxLikesCounted)
    .as("some");
  const [row] = await reads.select({ likes: count() }).from(some);
  return row?.likes ?? 0;
}

const answer = aliasedTable(swipes, "answer");

function unanswered(memberId: string): SQL | undefined {
  const answered = and(eq(answer.actorId, memberId), eq(answer.targetId, swipes.actorId));
  return and(
    eq(swipes.targetId, memberId),
    ne(swipes.action, "pass"),
    sql`${candidates.visible}`,
    sql`NOT EXISTS (SELECT FROM ${swipes} AS ${sql.identifier("answer")} WHERE ${answered})`,
    isUnblocked(sql`${memberId}::uuid`, swipes.actorId),
  );
}
