import type { Database } from "@kismet/database";
import { feedPosition, type Schema } from "./change-repository.ts";
import { decideResumption, type Resumption } from "./decide-resumption.ts";

/** From where a client that knows the feed up to `since` goes on. */
export async function resumeFeed(
  database: Database<Schema>,
  memberId: string,
  since: number | undefined,
  maxMissed: number,
): Promise<Resumption> {
  return decideResumption(since, await feedPosition(database, memberId, since ?? 0), maxMissed);
}
