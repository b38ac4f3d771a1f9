import type { EventContract, PayloadOf } from "@kismet/contracts";
import type { Schema, Transaction } from "@kismet/database";
import type { JsMsg } from "@nats-io/jetstream";
import { faultsOf, header, parseJson } from "./wire.ts";

/** An event as it lies in the outbox, in the stream and among the parked. */
export type StoredEvent = {
  eventId: string;
  /** Its id in the outbox, which orders the events of one aggregate. */
  position: number;
  subject: string;
  aggregateId: string;
  payload: unknown;
  requestId: string;
  traceparent: string;
  occurredAt: string;
};

/** An event as handlers get it. */
export type EventOf<C extends EventContract> = {
  id: string;
  payload: PayloadOf<C>;
  aggregateId: string;
  occurredAt: Date;
  requestId: string;
};

/** What a consumer does about one kind of event; made by `on`. */
export type EventHandler = {
  event: EventContract;
  handle: (tx: Transaction, event: EventOf<EventContract>) => Promise<void>;
};

/** The transaction that handlers get is the database's own: its schema may be named in the handler's type. */
export function on<C extends EventContract, S extends Schema = Record<string, never>>(
  event: C,
  handle: (tx: Transaction<S>, event: EventOf<C>) => Promise<void>,
): EventHandler {
  return { event, handle: handle as unknown as EventHandler["handle"] };
}

/** Undefined if the message was not written by a relay. */
export function readMessage(message: JsMsg): StoredEvent | undefined {
  const get = (name: string) => message.headers?.get(name) ?? "";
  const eventId = get(header.messageId);
  const aggregateId = get(header.aggregateId);
  const occurredAt = get(header.occurredAt);
  if (!/^[0-9a-f-]{36}$/.test(eventId) || aggregateId === "" || Number.isNaN(Date.parse(occurredAt)))
    return undefined;
  return {
    eventId,
    aggregateId,
    occurredAt,
    position: Number(get(header.position)) || 0,
    subject: message.subject,
    payload: parseJson(message.string()),
    requestId: get(header.requestId),
    traceparent: get(header.traceparent),
  };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whom an event tells of. Of one that does not fit its contract, or has none here: everybody who may be meant. */
export function membersNamedBy(contract: EventContract | undefined, { payload }: StoredEvent): string[] {
  const isFitting = contract && faultsOf(contract.payload, payload).length === 0;
  const named = isFitting ? [...contract.members(payload)] : textsIn(payload);
  return [...new Set(named.filter((text) => uuid.test(text)).map((text) => text.toLowerCase()))];
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return value.split(":");
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(textsIn) : [];
}

export function received(event: StoredEvent): EventOf<EventContract> {
  const { eventId, payload, aggregateId, occurredAt, requestId } = event;
  return { id: eventId, payload, aggregateId, occurredAt: new Date(occurredAt), requestId };
}
