import type { Message } from "@kismet/contracts";
import type { Database } from "@kismet/database";
import { and, desc, eq, gt, lt } from "drizzle-orm";
import type { Schema } from "../changes/change-repository.ts";
import { messages } from "../schema.ts";

export type Range = { before?: number; after?: number; limit: number };

/** Newest last: the oldest of the range if it is followed upwards (only `after` is given), else the newest. */
export async function listMessages(
  database: Database<Schema>,
  conversationId: string,
  { before, after, limit }: Range,
): Promise<Message[]> {
  const isUpwards = after !== undefined && before === undefined;
  const rows = await database.read
    .select()
    .from(messages)
    .where(
      and(
        eq(messages.conversationId, conversationId),
        before === undefined ? undefined : lt(messages.seq, before),
        after === undefined ? undefined : gt(messages.seq, after),
      ),
    )
    .orderBy(isUpwards ? messages.seq : desc(messages.seq))
    .limit(limit);
  const listed = rows.map(({ body, createdAt, ...row }) => ({
    ...row,
    text: body,
    createdAt: createdAt.toISOString(),
    reactions: [],
  }));
  return isUpwards ? listed : listed.reverse();
}
