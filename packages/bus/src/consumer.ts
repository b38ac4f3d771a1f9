import { setTimeout as delay } from "node:timers/promises";
import type { ServiceName } from "@kismet/contracts";
import type { AnyTransaction } from "@kismet/database";
import { type Parts, PublicError } from "@kismet/service-kit";
import type { ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import type { BusMetrics } from "./metrics.ts";
import type { Nats, NatsConfig } from "./connection.ts";
import { ackWaitMs, maxInHand, takeOver } from "./durable.ts";
import { causeOf, type Effects, UnreadableEvent } from "./effects.ts";
import { type EventHandler, readMessage, type StoredEvent } from "./events.ts";
import { Lanes, type Taken } from "./lanes.ts";
import type { Rebuild } from "./rebuild.ts";

export type ConsumerDeclaration = {
  /** Unique in the service; its place in the stream and its inbox go by it, so it stays. */
  name: string;
  source: ServiceName;
  handlers: readonly EventHandler[];
  /** Whether later events of the same aggregate wait behind one that can't be processed, or go on without it. */
  poison: "park" | "skip";
  /**
   * Empties what this consumer projects, before it is rebuilt; without it a rebuild only adds and overwrites. Written as
   * a method, so that the transaction may be declared with the service's own schema, which it has.
   */
  reset?(tx: AnyTransaction): Promise<void>;
};

/** Transactions at a time, and events in each. */
const workers = 4;
const batchSize = 64;
/** Two of these without a word from the server, and the session is begun anew. */
const heartbeatMs = 1_000;
const pullExpiresMs = 10_000;
/** With full jitter: an event that nothing helps is given up after about ten seconds. */
const maxAttempts = 8;
/** As long as storage or another service is away, nothing is wrong with the event. */
const maxPassingAttempts = 60;
const backoff = { baseMs: 50, maxMs: 5_000 };
const rebuildPollMs = 2_000;

type Item = { event: StoredEvent; message: JsMsg; attempts: number };

/**
 * Applies the events of one source to this service's tables: once each, in order within an aggregate, several
 * aggregates at a time. One instance at a time does it.
 */
export class Consumer {
  readonly declaration: ConsumerDeclaration;
  readonly effects: Effects;
  readonly #parts: Parts<NatsConfig>;
  readonly #nats: Nats;
  readonly #rebuild: Rebuild;
  readonly #metrics: BusMetrics;
  #running: { stop: AbortController; done: Promise<void> } | undefined;
  #session: Session | undefined;

  constructor(
    parts: Parts<NatsConfig>,
    nats: Nats,
    metrics: BusMetrics,
    declaration: ConsumerDeclaration,
    { effects, rebuild }: { effects: Effects; rebuild: Rebuild },
  ) {
    this.declaration = declaration;
    this.effects = effects;
    this.#parts = parts;
    this.#nats = nats;
    this.#rebuild = rebuild;
    this.#metrics = metrics;
    metrics.onLag(declaration.name, () => this.#session?.lag ?? 0);
    nats.onReconnect(() => this.#session?.end("reconnected"));
  }

  gained(): void {
    const stop = new AbortController();
    this.#running = { stop, done: this.#run(stop.signal) };
  }

  async lost(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.stop.abort();
    this.#session?.end("no longer leading");
    await running?.done;
  }

  /** Somebody may have asked for a rebuild. */
  async wake(): Promise<void> {
    if (this.#session && (await this.#rebuild.isRequested())) this.#session.end("to be rebuilt");
  }

  async #run(signal: AbortSignal): Promise<void> {
    let restMs = 50;
    while (!signal.aborted) {
      try {
        await this.#rebuild.run(signal);
        if (signal.aborted) return;
        await this.#consume();
        restMs = 50;
      } catch (error) {
        if (signal.aborted) return;
        this.#parts.logger.warn(
          { err: error, consumer: this.declaration.name, restMs },
          "consumer interrupted",
        );
        await delay(restMs);
        restMs = Math.min(restMs * 2, 2_000);
      }
    }
  }

  /** Until leadership, the connection or the server's sign of life is lost, or a rebuild is asked for. */
  async #consume(): Promise<void> {
    const { name, source, handlers } = this.declaration;
    const [first] = handlers;
    const filter = handlers.length === 1 && first ? first.event.subject : `events.${source}.>`;
    const consumer = await takeOver(
      {
        manager: this.#nats.manager,
        client: this.#nats.jetstream,
        replicas: this.#parts.config.natsReplicas,
      },
      { prefix: `${this.#parts.name}_${name}`, filter },
    );
    const messages = await consumer.consume({
      max_messages: maxInHand / 2,
      expires: pullExpiresMs,
      idle_heartbeat: heartbeatMs,
      abort_on_missing_resource: true,
    });
    const session = new Session(
      messages,
      this.#parts,
      this.#nats,
      this.effects,
      this.#metrics,
      this.declaration,
    );
    this.#session = session;
    const poll = setInterval(() => void this.#pollRebuild(), rebuildPollMs);
    try {
      const why = await session.run();
      this.#parts.logger.info({ consumer: name, why }, "consumer session ended");
    } finally {
      clearInterval(poll);
      this.#session = undefined;
    }
  }

  async #pollRebuild(): Promise<void> {
    try {
      await this.wake();
    } catch (error) {
      this.#parts.logger.debug({ err: error }, "could not look for rebuilds");
    }
  }
}

/** One subscription from its first message to its end; what was in hand at the end comes again in the next one. */
class Session {
  readonly #messages: ConsumerMessages;
  readonly #parts: Parts<NatsConfig>;
  readonly #nats: Nats;
  readonly #effects: Effects;
  readonly #metrics: BusMetrics;
  readonly #name: string;
  readonly #lanes = new Lanes<Item>();
  readonly #idle = new Set<() => void>();
  #ended: string | undefined;
  #delivered = 0;
  #pendingAtServer = 0;

  constructor(
    messages: ConsumerMessages,
    parts: Parts<NatsConfig>,
    nats: Nats,
    effects: Effects,
    metrics: BusMetrics,
    { name }: ConsumerDeclaration,
  ) {
    this.#messages = messages;
    this.#parts = parts;
    this.#nats = nats;
    this.#effects = effects;
    this.#metrics = metrics;
    this.#name = name;
  }

  get lag(): number {
    return this.#pendingAtServer + this.#lanes.size;
  }

  end(why: string): void {
    this.#ended ??= why;
    this.#messages.stop();
    this.#wakeWorkers();
  }

  /** Returns why it ended, once no effect is under way any more. */
  async run(): Promise<string> {
    const alive = setInterval(() => this.#keepInHand(), ackWaitMs / 3);
    void this.#watchHeartbeats();
    const work = Array.from({ length: workers }, () => this.#work());
    try {
      for await (const message of this.#messages) this.#receive(message);
    } catch (error) {
      this.#ended ??= causeOf(error);
    } finally {
      this.end("the subscription ended");
      clearInterval(alive);
      await Promise.all(work);
    }
    return this.#ended ?? "";
  }

  #receive(message: JsMsg): void {
    this.#delivered += 1;
    this.#pendingAtServer = message.info.pending;
    if (message.info.deliverySequence !== this.#delivered) {
      // Something got lost on the way. It would come later, after what follows it.
      this.end("a message is missing");
      return;
    }
    if (!this.#effects.wants(message.subject)) {
      message.ack();
      return;
    }
    const event = readMessage(message);
    if (!event) {
      this.#parts.logger.error(
        { subject: message.subject, seq: message.seq },
        "this is no event of an outbox",
      );
      message.term();
      return;
    }
    this.#lanes.add(event.aggregateId, { event, message, attempts: 0 });
    this.#wakeWorkers();
  }

  async #watchHeartbeats(): Promise<void> {
    for await (const notice of this.#messages.status()) {
      if (notice.type === "heartbeats_missed" && notice.count >= 2) this.end("heartbeats are missing");
    }
  }

  async #work(): Promise<void> {
    while (this.#ended === undefined) {
      const taken = this.#lanes.take(batchSize);
      if (taken.length > 0) await this.#process(taken);
      else await new Promise<void>((resolve) => this.#idle.add(resolve));
    }
  }

  /** All in one transaction if all goes well; else one by one, so that each stands for itself. */
  async #process(taken: Taken<Item>[]): Promise<void> {
    const items = taken.flatMap((lane) => lane.items);
    if (items.length > 1) {
      try {
        await this.#apply(items);
        for (const { key, items } of taken) this.#lanes.settle(key, items.length);
        return;
      } catch (error) {
        this.#parts.logger.debug(
          { err: error, consumer: this.#name },
          "a batch failed: its events go one by one",
        );
      }
    }
    for (const lane of taken) await this.#oneByOne(lane);
  }

  async #oneByOne({ key, items }: Taken<Item>): Promise<void> {
    let settled = 0;
    for (const item of items) {
      if (this.#ended !== undefined) break;
      try {
        await this.#apply([item]);
      } catch (error) {
        if (!(await this.#giveUp(item, error))) {
          this.#rest(key, settled, item.attempts);
          return;
        }
      }
      settled += 1;
    }
    this.#lanes.settle(key, settled);
  }

  async #apply(items: Item[]): Promise<void> {
    const outcome = await this.#effects.apply(items.map(({ event }) => event));
    this.#metrics.count(this.#name, outcome);
    for (const { message } of items) this.#acknowledge(message);
  }

  /** Whether the event has been buried: when nothing helps, or has helped for too long. */
  async #giveUp(item: Item, error: unknown): Promise<boolean> {
    item.attempts += 1;
    const limit = error instanceof UnreadableEvent ? 1 : isPassing(error) ? maxPassingAttempts : maxAttempts;
    const { event, attempts } = item;
    const facts = {
      err: error,
      consumer: this.#name,
      subject: event.subject,
      eventId: event.eventId,
      attempts,
    };
    if (attempts < limit) {
      this.#metrics.count(this.#name, { retried: 1 });
      this.#parts.logger.warn({ ...facts, requestId: event.requestId }, "event failed: it is tried again");
      return false;
    }
    try {
      await this.#effects.bury(event, error);
    } catch (failure) {
      this.#parts.logger.warn({ ...facts, err: failure }, "event could not be parked: it is tried again");
      return false;
    }
    this.#metrics.count(this.#name, { parked: 1 });
    this.#parts.logger.error(
      { ...facts, requestId: event.requestId },
      "event failed for good and is a dead letter",
    );
    this.#acknowledge(item.message);
    return true;
  }

  #rest(key: string, settled: number, attempts: number): void {
    this.#lanes.settle(key, settled, { rest: true });
    const waitMs = Math.random() * Math.min(backoff.maxMs, backoff.baseMs * 2 ** attempts);
    setTimeout(() => {
      this.#lanes.resume(key);
      this.#wakeWorkers();
    }, waitMs).unref();
  }

  /** One that gets lost is made up for: the event comes again and is known. */
  #acknowledge(message: JsMsg): void {
    if (this.#nats.isUp) message.ack();
  }

  /** What waits behind a failing event must not be taken for lost by the server. */
  #keepInHand(): void {
    if (!this.#nats.isUp) return;
    for (const { message } of this.#lanes.items()) message.working();
  }

  #wakeWorkers(): void {
    for (const wake of this.#idle) wake();
    this.#idle.clear();
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof PublicError && error.status >= 503;
}
