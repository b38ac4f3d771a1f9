import type { AnyDatabase } from "@kismet/database";
import { deadlineIn, type Parts, requireContext, runWithContext } from "@kismet/service-kit";
import { causeOf, effectTimeoutMs, type Effects } from "./effects.ts";
import { holdTombstones } from "./tombstones-repository.ts";
import { deleteParked, lockFirstParked, parkedAggregates } from "./inbox-repository.ts";

/** Of one command; asked again, it goes on with the rest. */
const maxAggregates = 200;
const maxCauses = 20;
const timeForItMs = 20_000;

type Replay = { replayed: number; failed: number; causes: string[] };

/** Tries the parked events of a consumer again: each aggregate in order, up to the first that fails again. */
export async function replayParked(
  parts: Parts,
  database: AnyDatabase,
  consumer: string,
  effects: Effects,
): Promise<Replay> {
  const end = deadlineIn(timeForItMs);
  const outcome: Replay = { replayed: 0, failed: 0, causes: [] };
  const aggregates = await parkedAggregates(database.read, parts.name, consumer, maxAggregates);
  for (const aggregateId of aggregates) {
    try {
      while (!end.expired() && (await replayFirst(parts, database, consumer, aggregateId, effects))) {
        outcome.replayed += 1;
      }
    } catch (error) {
      parts.logger.warn({ err: error, consumer, aggregateId }, "dead letter failed again");
      outcome.failed += 1;
      if (outcome.causes.length < maxCauses) outcome.causes.push(causeOf(error));
    }
  }
  return outcome;
}

/** The effect and the end of the parked row are one transaction: two who replay at once do it once. */
async function replayFirst(
  parts: Parts,
  database: AnyDatabase,
  consumer: string,
  aggregateId: string,
  effects: Effects,
): Promise<boolean> {
  return runWithContext({ ...requireContext(), deadline: deadlineIn(effectTimeoutMs) }, () =>
    database.transaction(async (tx) => {
      const row = await lockFirstParked(tx, parts.name, consumer, aggregateId);
      if (!row) return false;
      await holdTombstones(tx, parts.name);
      const erased = await effects.aboutErased(tx, [row]);
      if (erased.size === 0) await effects.handle(tx, row);
      await deleteParked(tx, parts.name, consumer, row.eventId);
      return true;
    }),
  );
}
