import { setTimeout as delay } from "node:timers/promises";
import type { EventContract } from "@kismet/contracts";
import { contextFromHeaders, type Parts, runWithContext } from "@kismet/service-kit";
import { type ConsumerMessages, DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import type { Nats, NatsConfig } from "./connection.ts";
import { causeOf } from "./effects.ts";
import { type EventOf, readMessage, received } from "./events.ts";
import { ensureStreams, eventsStream } from "./streams.ts";
import { faultsOf, header } from "./wire.ts";

export type WatchHandler<C extends EventContract> = (event: EventOf<C>) => void;

export type Watching = {
  /** Whether what lay in the past at the start has been seen: until then nobody knows what has happened. */
  readonly hasCaughtUp: boolean;
};

/** How long a start waits until what lies in the past has been seen. */
const catchUpMs = 5_000;
const heartbeatMs = 1_000;
const pullExpiresMs = 10_000;
/** Beginning anew takes less: what is longer is an interruption that readiness tells of. */
const toleratedMs = 1_000;
/** A watch that begins anew looks back this far before the last event it saw: streams keep time, not causes. */
const overlapMs = 60_000;

/**
 * Shows an event to every instance, first those of the last while and then as they come. Begins anew after each
 * interruption, so that handlers see some events twice and must not mind.
 */
export class Watch implements Watching {
  readonly #parts: Parts<NatsConfig>;
  readonly #nats: Nats;
  readonly #event: EventContract;
  readonly #sinceMs: number;
  readonly #handler: WatchHandler<EventContract>;
  #messages: ConsumerMessages | undefined;
  #isStopped = false;
  #running: Promise<void> | undefined;
  #seenAt: number | undefined;
  #interruptedAt: number | undefined = performance.now();
  #hasCaughtUp = false;

  constructor(
    parts: Parts<NatsConfig>,
    nats: Nats,
    event: EventContract,
    { sinceMs }: { sinceMs: number },
    handler: WatchHandler<EventContract>,
  ) {
    this.#parts = parts;
    this.#nats = nats;
    this.#event = event;
    this.#sinceMs = sinceMs;
    this.#handler = handler;
    nats.onReconnect(() => this.#messages?.stop());
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#parts.logger.warn({ subject: this.#event.subject }, "has not caught up with the past yet");
        resolve();
      }, catchUpMs);
      this.#running = this.#run(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  get hasCaughtUp(): boolean {
    return this.#hasCaughtUp;
  }

  /** Throws if it hears nothing, for longer than a new beginning takes. */
  probe(): void {
    const forMs = this.#interruptedAt === undefined ? 0 : performance.now() - this.#interruptedAt;
    if (forMs > toleratedMs)
      throw new Error(`${this.#event.subject} has not been heard for ${Math.round(forMs)} ms`);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#messages?.stop();
    await this.#running;
  }

  async #run(caughtUp: () => void): Promise<void> {
    let restMs = 50;
    while (!this.#isStopped) {
      try {
        await this.#follow(caughtUp);
        restMs = 50;
      } catch (error) {
        if (this.#isStopped) break;
        this.#parts.logger.warn({ err: error, subject: this.#event.subject }, "watch interrupted");
        await delay(restMs);
        restMs = Math.min(restMs * 2, 2_000);
      }
    }
    caughtUp();
  }

  async #follow(heardAll: () => void): Promise<void> {
    const caughtUp = () => {
      this.#hasCaughtUp = true;
      heardAll();
    };
    await ensureStreams(this.#nats.manager, this.#parts.config.natsReplicas);
    const from = Math.max(Date.now() - this.#sinceMs, (this.#seenAt ?? 0) - overlapMs);
    const consumer = await this.#nats.jetstream.consumers.get(eventsStream, {
      filter_subjects: this.#event.subject,
      deliver_policy: DeliverPolicy.StartTime,
      opt_start_time: new Date(from).toISOString(),
    });
    if ((await consumer.info(true)).num_pending === 0) caughtUp();
    const messages = await consumer.consume({
      max_messages: 500,
      expires: pullExpiresMs,
      idle_heartbeat: heartbeatMs,
      abort_on_missing_resource: true,
    });
    this.#messages = messages;
    void this.#watchHeartbeats(messages);
    this.#interruptedAt = undefined;
    try {
      for await (const message of messages) {
        this.#show(message);
        if (message.info.pending === 0) caughtUp();
      }
    } finally {
      this.#interruptedAt = performance.now();
    }
  }

  async #watchHeartbeats(messages: ConsumerMessages): Promise<void> {
    for await (const notice of messages.status()) {
      if (notice.type === "heartbeats_missed" && notice.count >= 2) messages.stop();
    }
  }

  #show(message: JsMsg): void {
    this.#seenAt = message.time.getTime();
    const event = readMessage(message);
    if (!event) return;
    const values: Record<string, string> = {
      [header.requestId]: event.requestId,
      [header.traceparent]: event.traceparent,
    };
    runWithContext(
      contextFromHeaders((name) => values[name], { timeoutMs: 1_000 }),
      () => {
        try {
          const [fault] = faultsOf(this.#event.payload, event.payload);
          if (fault) throw new Error(`the payload does not fit its schema: ${fault.path} ${fault.message}`);
          this.#handler(received(event));
        } catch (error) {
          this.#parts.logger.error(
            { subject: event.subject, reason: causeOf(error) },
            "watched event failed",
          );
        }
      },
    );
  }
}
