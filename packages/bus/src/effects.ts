import { type AnyDatabase, type AnyTransaction, announce, type Transaction } from "@kismet/database";
import { contextFromHeaders, deadlineIn, type RequestContext, runWithContext } from "@kismet/service-kit";
import { randomUUIDv7 } from "node:crypto";
import { outboxTopic } from "./emit.ts";
import { type EventHandler, membersNamedBy, received, type StoredEvent } from "./events.ts";
import { blockedAggregates, claim, insertParked } from "./inbox-repository.ts";
import { insertOutbox } from "./outbox-repository.ts";
import { inSpan, SpanKind } from "./telemetry.ts";
import { erasedAmong } from "./tombstones-repository.ts";
import { faultsOf, header } from "./wire.ts";

/** Of one transaction, in which up to a batch of events is handled. */
export const effectTimeoutMs = 10_000;
const maxCauseLength = 500;

/** What every try would end with. */
export class UnreadableEvent extends Error {}

export type EffectsOptions = {
  database: AnyDatabase;
  /** The service, and so its Postgres schema. */
  schema: string;
  consumer: string;
  handlers: readonly EventHandler[];
  poison: "park" | "skip";
};

/** `refused` tell of a member who has been erased. */
export type Outcome = { applied: number; duplicate: number; parked: number; refused: number };

/** Applies events to the consumer's tables, once each: the inbox row and the effect are one transaction. */
export class Effects {
  readonly #options: EffectsOptions;
  readonly #handlers: Map<string, EventHandler>;

  constructor(options: EffectsOptions) {
    this.#options = options;
    this.#handlers = new Map(options.handlers.map((handler) => [handler.event.subject, handler]));
  }

  wants(subject: string): boolean {
    return this.#handlers.has(subject);
  }

  /** All of them or none; `alongside` joins the transaction. */
  apply(events: StoredEvent[], alongside?: (tx: AnyTransaction) => Promise<void>): Promise<Outcome> {
    const { database, schema, consumer } = this.#options;
    return this.#within(events[0], () =>
      database.transaction(async (tx) => {
        const outcome = { applied: 0, duplicate: 0, parked: 0, refused: 0 };
        const fresh = await claim(
          tx,
          schema,
          consumer,
          events.map(({ eventId }) => eventId),
        );
        outcome.duplicate = events.length - fresh.size;
        const blocked = await this.#blocked(tx, events);
        const erased = await this.aboutErased(tx, events);
        for (const event of events) {
          if (!fresh.delete(event.eventId)) continue;
          if (erased.has(event.eventId)) outcome.refused += 1;
          else if (blocked.has(event.aggregateId)) {
            await this.#park(tx, event, "waits behind an event of the same aggregate");
            outcome.parked += 1;
          } else {
            await this.handle(tx, event);
            outcome.applied += 1;
          }
        }
        await alongside?.(tx);
        return outcome;
      }),
    );
  }

  /** Gives up on an event: it is kept, told to the operators, and never tried again unless they say so. */
  async bury(event: StoredEvent, error: unknown): Promise<void> {
    const { database, schema, consumer } = this.#options;
    await this.#within(event, () =>
      database.transaction(async (tx) => {
        const fresh = await claim(tx, schema, consumer, [event.eventId]);
        const erased = await this.aboutErased(tx, [event]);
        if (fresh.size > 0 && erased.size === 0) await this.#park(tx, event, causeOf(error));
      }),
    );
  }

  /** The ids of those that tell of somebody who has been erased here, and so must have no effect any more. */
  async aboutErased(tx: AnyTransaction, events: StoredEvent[]): Promise<Set<string>> {
    const membersOf = (event: StoredEvent) => membersNamedBy(this.#handlers.get(event.subject)?.event, event);
    const erased = await erasedAmong(tx, this.#options.schema, events.flatMap(membersOf));
    if (erased.size === 0) return new Set();
    const about = events.filter((event) => membersOf(event).some((member) => erased.has(member)));
    return new Set(about.map(({ eventId }) => eventId));
  }

  /** Runs the handler as if the request that caused the event were still under way. */
  async handle(tx: AnyTransaction, event: StoredEvent): Promise<void> {
    const handler = this.#handlers.get(event.subject);
    if (!handler) throw new UnreadableEvent(`no handler for ${event.subject}`);
    const [fault] = faultsOf(handler.event.payload, event.payload);
    if (fault)
      throw new UnreadableEvent(`the payload does not fit its schema: ${fault.path} ${fault.message}`);
    const { consumer } = this.#options;
    const cause = { traceparent: event.traceparent };
    await inSpan(
      `consume ${event.subject}`,
      { kind: SpanKind.CONSUMER, cause, attributes: { consumer } },
      () => runWithContext(contextOf(event), () => handler.handle(tx as Transaction, received(event))),
    );
  }

  #blocked(tx: AnyTransaction, events: StoredEvent[]): Promise<Set<string>> {
    const { schema, consumer, poison } = this.#options;
    if (poison === "skip") return Promise.resolve(new Set());
    const aggregates = new Set(events.map(({ aggregateId }) => aggregateId));
    return blockedAggregates(tx, schema, consumer, [...aggregates]);
  }

  async #park(tx: AnyTransaction, event: StoredEvent, cause: string): Promise<void> {
    const { schema, consumer, poison } = this.#options;
    await insertParked(tx, schema, consumer, event, { cause, blocks: poison === "park" });
    const { subject, aggregateId, payload, requestId, traceparent } = event;
    await insertOutbox(tx, schema, {
      eventId: randomUUIDv7(),
      subject: `dead.${schema}.${consumer}`,
      aggregateId,
      payload,
      about: membersNamedBy(this.#handlers.get(subject)?.event, event),
      requestId,
      traceparent,
      cause: `${subject} ${event.eventId}: ${cause}`,
    });
    announce(tx, outboxTopic);
  }

  /** The deadline is the transaction's, and so that of all the events in it. */
  #within<T>(first: StoredEvent | undefined, work: () => Promise<T>): Promise<T> {
    return runWithContext({ ...contextOf(first), deadline: deadlineIn(effectTimeoutMs) }, work);
  }
}

export function causeOf(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(
    0,
    maxCauseLength,
  );
}

function contextOf(event: StoredEvent | undefined): RequestContext {
  const values: Record<string, string | undefined> = {
    [header.requestId]: event?.requestId,
    [header.traceparent]: event?.traceparent,
  };
  return contextFromHeaders((name) => values[name], { timeoutMs: effectTimeoutMs });
}
