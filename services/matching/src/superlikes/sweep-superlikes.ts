import type { Bus } from "@kismet/bus";
import { RefundConsumable } from "@kismet/contracts";
import type { Clock, Logger } from "@kismet/service-kit";
import type { MatchingDatabase } from "../storage.ts";
import { markRefunded, takeOrphans } from "./superlike-intents-repository.ts";

/** Of one sweep; what is left waits for the next. */
const batchSize = 100;

type Deps = {
  database: MatchingDatabase;
  bus: Bus;
  clock: Clock;
  logger: Logger;
  superlikeGraceMs: number;
};

/**
 * Refunds super likes that never became a swipe, or were undone. First they are put out of reach of a swipe that is
 * still under way, then billing gives back what was spent, if anything was, and will take nothing later; only then are
 * they settled. Broken off anywhere, the next sweep begins there again.
 */
export async function sweepSuperlikes({ database, bus, clock, logger, superlikeGraceMs }: Deps) {
  const openedBefore = new Date(clock.now().getTime() - superlikeGraceMs);
  const orphans = await database.transaction((tx) => takeOrphans(tx, openedBefore, batchSize));
  for (const { id, memberId } of orphans) {
    try {
      await bus.request(RefundConsumable, { memberId, key: id });
      await markRefunded(database.read, id);
    } catch (error) {
      logger.warn({ err: error, intentId: id }, "super like not refunded yet");
    }
  }
}
