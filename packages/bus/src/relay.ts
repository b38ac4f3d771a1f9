import { setTimeout as delay } from "node:timers/promises";
import type { AnyDatabase } from "@kismet/database";
import { deadlineIn, type Parts, runWithContext, contextFromHeaders, Unavailable } from "@kismet/service-kit";
import { headers as natsHeaders, type MsgHdrs } from "@nats-io/nats-core";
import { Counter, Gauge } from "prom-client";
import type { Nats, NatsConfig } from "./connection.ts";
import {
  markPublished,
  outboxBacklog,
  type OutboxRow,
  type Published,
  selectTail,
  selectUnpublished,
  unmarkLost,
} from "./outbox-repository.ts";
import { ensureStreams, eventsStream, streamMaxAgeMs } from "./streams.ts";
import { header } from "./wire.ts";

/** Events of one round: all aggregates of it are published at the same time. */
const batchSize = 500;
/** Should a wake-up get lost. */
const pollMs = 1_000;
const measureEveryMs = 5_000;
const longestRestMs = 2_000;
/** Within so many events a stream that lost its last writes is searched for the newest that it still has. */
const tailLength = 2 * batchSize;

/**
 * Carries the outbox to the stream, in order within each aggregate. Publishing comes before marking (docs/adr/transactional-outbox.md):
 * a crash in between publishes twice, under the same message id, and never loses.
 * Only the leader runs; two at a time for a moment give duplicates and no disorder, since each takes the oldest first.
 */
export class Relay {
  readonly #parts: Parts<NatsConfig>;
  readonly #database: AnyDatabase;
  readonly #nats: Nats;
  readonly #published: Counter;
  #running: { stop: AbortController; done: Promise<void> } | undefined;
  #wake: (() => void) | undefined;
  #isWoken = false;
  /** The incarnation of the stream that is known to hold what it acknowledged. */
  #stream: string | undefined;
  #connections = 0;
  #backlog = { pending: 0, oldestSeconds: 0 };
  #measuredAt = Number.NEGATIVE_INFINITY;

  constructor(parts: Parts<NatsConfig>, database: AnyDatabase, nats: Nats) {
    this.#parts = parts;
    this.#database = database;
    this.#nats = nats;
    this.#published = this.#register();
    nats.onReconnect(() => {
      this.#stream = undefined;
      this.#connections += 1;
      this.wake();
    });
  }

  get leads(): boolean {
    return this.#running !== undefined;
  }

  gained(): void {
    const stop = new AbortController();
    this.#stream = undefined;
    this.#running = { stop, done: this.#run(stop.signal) };
  }

  async lost(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.stop.abort();
    this.wake();
    this.#backlog = { pending: 0, oldestSeconds: 0 };
    await running?.done;
  }

  wake(): void {
    this.#isWoken = true;
    this.#wake?.();
  }

  async #run(signal: AbortSignal): Promise<void> {
    let restMs = 50;
    while (!signal.aborted) {
      try {
        this.#isWoken = false;
        const taken = await this.#inContext(() => this.#round());
        restMs = 50;
        if (taken < batchSize) await this.#rest(pollMs);
      } catch (error) {
        if (signal.aborted) return;
        this.#parts.logger.warn({ err: error, restMs }, "the outbox could not be carried on");
        this.#stream = undefined;
        await delay(restMs);
        restMs = Math.min(restMs * 2, longestRestMs);
      }
    }
  }

  async #round(): Promise<number> {
    const connection = this.#connections;
    const stream = (this.#stream ??= await this.#checkStream());
    const rows = await selectUnpublished(this.#database.read, this.#parts.name, batchSize);
    await this.#measure(rows.length);
    if (rows.length === 0) return 0;
    const published: Published[] = [];
    const lanes = Map.groupBy(rows, (row) => row.aggregateId);
    const results = await Promise.allSettled(
      [...lanes.values()].map((lane) => this.#publishInOrder(lane, published, connection)),
    );
    if (published.length > 0) {
      await markPublished(this.#database.read, this.#parts.name, stream, published);
      this.#published.inc(published.length);
    }
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    return rows.length;
  }

  /**
   * The next one only after the stream has the one before it; and none after a reconnection, since the server may have
   * lost the one before it and must be checked first.
   */
  async #publishInOrder(lane: OutboxRow[], published: Published[], connection: number): Promise<void> {
    for (const row of lane) {
      if (connection !== this.#connections) throw new Unavailable(new Error("reconnected meanwhile"));
      const ack = await this.#nats.jetstream.publish(row.subject, JSON.stringify(row.payload), {
        headers: headersOf(row),
      });
      published.push({ id: row.id, streamSeq: ack.seq });
    }
  }

  /**
   * Postgres holds the truth: after each interruption the stream must show that it still has what it acknowledged. A new
   * incarnation gets everything that the old one would still hold; one that lost its last writes in a crash gets these.
   */
  async #checkStream(): Promise<string> {
    const { created, state } = await ensureStreams(this.#nats.manager, this.#parts.config.natsReplicas);
    const tail = await selectTail(this.#database.read, this.#parts.name, tailLength);
    const ours = tail.filter((row) => row.stream === created).sort((a, b) => b.streamSeq - a.streamSeq);
    let afterSeq = 0;
    for (const { streamSeq, eventId } of ours) {
      if (streamSeq >= state.first_seq && !(await this.#holds(streamSeq, eventId))) continue;
      afterSeq = streamSeq;
      break;
    }
    if (tail.every((row) => row.stream === created && row.streamSeq <= afterSeq)) return created;
    const lost = { stream: created, afterSeq, notOlderThanMs: streamMaxAgeMs };
    const count = await unmarkLost(this.#database.read, this.#parts.name, lost);
    if (count > 0) this.#parts.logger.warn({ count }, "the stream has lost events: they are published again");
    return created;
  }

  async #holds(seq: number, eventId: string): Promise<boolean> {
    const message = await this.#nats.manager.streams.getMessage(eventsStream, { seq });
    return message?.header.get(header.messageId) === eventId;
  }

  /** The relay has no request, but its statements need a deadline like all others. */
  #inContext<T>(work: () => Promise<T>): Promise<T> {
    const context = contextFromHeaders(() => undefined, { timeoutMs: 0 });
    return runWithContext({ ...context, deadline: deadlineIn(30_000) }, work);
  }

  async #rest(ms: number): Promise<void> {
    if (this.#isWoken) return;
    const woken = new Promise<void>((resolve) => (this.#wake = resolve));
    const timer = new AbortController();
    await Promise.race([woken, delay(ms, undefined, { signal: timer.signal })]);
    timer.abort();
    this.#wake = undefined;
  }

  async #measure(taken: number): Promise<void> {
    const now = performance.now();
    if (now - this.#measuredAt < measureEveryMs) return;
    this.#measuredAt = now;
    this.#backlog =
      taken === 0
        ? { pending: 0, oldestSeconds: 0 }
        : await outboxBacklog(this.#database.read, this.#parts.name);
  }

  #register(): Counter {
    const registers = [this.#parts.metrics];
    const backlog = () => this.#backlog;
    new Gauge({
      name: "kismet_outbox_pending",
      help: "Events that the stream has not taken yet; told by the instance that leads",
      registers,
      collect() {
        this.set(backlog().pending);
      },
    });
    new Gauge({
      name: "kismet_outbox_oldest_seconds",
      help: "Age of the oldest event that the stream has not taken yet",
      registers,
      collect() {
        this.set(backlog().oldestSeconds);
      },
    });
    return new Counter({
      name: "kismet_outbox_published_total",
      help: "Events carried to the stream",
      registers,
    });
  }
}

function headersOf(row: OutboxRow): MsgHdrs {
  const message = natsHeaders();
  message.set(header.messageId, row.eventId);
  message.set(header.requestId, row.requestId);
  message.set(header.traceparent, row.traceparent);
  message.set(header.aggregateId, row.aggregateId);
  message.set(header.occurredAt, row.occurredAt);
  message.set(header.position, String(row.id));
  if (row.cause) message.set(header.cause, row.cause.replaceAll(/[\r\n]+/g, " "));
  return message;
}
