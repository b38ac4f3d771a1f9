import {
  AckPolicy,
  type Consumer,
  type ConsumerInfo,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
} from "@nats-io/jetstream";
import { nanos, nuid } from "@nats-io/nats-core";
import { ensureStreams, eventsStream, isNotFound } from "./streams.ts";

/** Events in hand, taken and not acknowledged; the server stops there. */
export const maxInHand = 1_000;
/** Longer than two of the signs of life that the consumer gives for what it has in hand. */
export const ackWaitMs = 30_000;

/**
 * Goes on where earlier leaders and sessions have come to, by a JetStream consumer of its own name, and removes
 * theirs. A leader that was frozen and wakes finds nothing to pull from, so that events can't go to two at a time; and
 * what had been delivered to it, or got lost with a connection, comes again in order and not after the wait for its
 * acknowledgement (docs/adr/consumer-takeover.md).
 */
export async function takeOver(
  { manager, client, replicas }: { manager: JetStreamManager; client: JetStreamClient; replicas: number },
  { prefix, filter }: { prefix: string; filter: string },
): Promise<Consumer> {
  await ensureStreams(manager, replicas);
  const earlier = await consumersWith(manager, prefix);
  const floor = Math.max(0, ...earlier.map(doneUpTo));
  const name = `${prefix}_${nuid.next()}`;
  await manager.consumers.add(eventsStream, {
    durable_name: name,
    filter_subject: filter,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    max_ack_pending: maxInHand,
    max_deliver: -1,
    ...(floor === 0
      ? { deliver_policy: DeliverPolicy.All }
      : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: floor + 1 }),
  });
  for (const info of earlier) await remove(manager, info.name);
  return client.consumers.get(eventsStream, name);
}

/** One that has acknowledged nothing has a floor of 0, wherever it began. */
function doneUpTo({ ack_floor, config }: ConsumerInfo): number {
  return Math.max(ack_floor.stream_seq, (config.opt_start_seq ?? 1) - 1);
}

async function consumersWith(manager: JetStreamManager, prefix: string): Promise<ConsumerInfo[]> {
  const infos: ConsumerInfo[] = [];
  for await (const info of manager.consumers.list(eventsStream)) {
    const suffix = info.name.slice(prefix.length + 1);
    if (info.name.startsWith(`${prefix}_`) && !suffix.includes("_")) infos.push(info);
  }
  return infos;
}

async function remove(manager: JetStreamManager, name: string): Promise<void> {
  try {
    await manager.consumers.delete(eventsStream, name);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
