import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";

export const eventsStream = "EVENTS";
export const deadStream = "DEAD";

/** How long a consumer may be away; whoever comes later rebuilds from the outbox. */
export const streamMaxAgeMs = 7 * 24 * 3_600_000;
const deadMaxAgeMs = 90 * 24 * 3_600_000;
const duplicateWindowMs = 120_000;
const alreadyInUse = 10_058;

/**
 * Makes the streams that are missing and returns the one of the events. When it was created tells one incarnation from
 * the next: a server that has lost its disk gives a new one.
 */
export async function ensureStreams(manager: JetStreamManager, replicas: number): Promise<StreamInfo> {
  await ensure(manager, { name: deadStream, subjects: ["dead.>"], max_age: nanos(deadMaxAgeMs) }, replicas);
  return ensure(
    manager,
    { name: eventsStream, subjects: ["events.>"], max_age: nanos(streamMaxAgeMs) },
    replicas,
  );
}

async function ensure(
  manager: JetStreamManager,
  own: { name: string; subjects: string[]; max_age: number },
  replicas: number,
): Promise<StreamInfo> {
  const config: Partial<StreamConfig> & { name: string } = {
    ...own,
    num_replicas: replicas,
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    duplicate_window: nanos(duplicateWindowMs),
  };
  const found = await streamInfo(manager, own.name);
  if (found) {
    return found.config.num_replicas === replicas ? found : manager.streams.update(own.name, config);
  }
  try {
    return await manager.streams.add(config);
  } catch (error) {
    // Another instance was quicker.
    if (error instanceof JetStreamApiError && error.code === alreadyInUse) {
      return manager.streams.info(own.name);
    }
    throw error;
  }
}

export async function streamInfo(manager: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Also after somebody else has deleted it at the same moment. */
export function isNoMessage(error: unknown): boolean {
  if (!(error instanceof JetStreamApiError)) return false;
  return error.code === JetStreamApiCodes.NoMessageFound || isNotFound(error);
}

/** Stream or consumer. */
export function isNotFound(error: unknown): boolean {
  if (!(error instanceof JetStreamApiError)) return false;
  return error.code === JetStreamApiCodes.StreamNotFound || error.code === JetStreamApiCodes.ConsumerNotFound;
}
