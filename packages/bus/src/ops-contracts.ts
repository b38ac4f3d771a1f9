import { defineRequest, nullable, type ServiceName, strict, Timestamp, Uuid } from "@kismet/contracts";
import { Type } from "typebox";

/** What operators and the consumers of other services ask of every service that has events. */

const ConsumerName = Type.String({ pattern: "^[a-z][a-z0-9-]{0,63}$", maxLength: 64 });
const Subject = Type.String({ maxLength: 200 });
const Count = Type.Integer({ minimum: 0 });
/** JSON as text, since the payload's schema is known to those who read it. */
const Payload = Type.String({ maxLength: 1_000_000 });

const HistoricEvent = strict({
  eventId: Uuid,
  position: Count,
  subject: Subject,
  aggregateId: Type.String({ maxLength: 200 }),
  payload: Payload,
  requestId: Type.String({ maxLength: 64 }),
  traceparent: Type.String({ maxLength: 64 }),
  occurredAt: Timestamp,
});

export const historyPageSize = 200;

/** Events kept in the outbox after `afterId`, oldest first; all up to `lastId` have been looked at. */
export const readHistory = (service: ServiceName) =>
  defineRequest({
    subject: `${service}.v1.history.read`,
    request: strict({ subjects: Type.Array(Subject, { maxItems: 64 }), afterId: Count, uptoId: Count }),
    reply: strict({ events: Type.Array(HistoricEvent, { maxItems: historyPageSize }), lastId: Count }),
    timeoutMs: 8_000,
    idempotent: true,
  });

/** The newest id in the outbox. */
export const readHistoryHead = (service: ServiceName) =>
  defineRequest({
    subject: `${service}.v1.history.head`,
    request: strict({}),
    reply: strict({ id: Count }),
    timeoutMs: 5_000,
    idempotent: true,
  });

export const listDeadLetters = (service: ServiceName) =>
  defineRequest({
    subject: `${service}.v1.dead-letters.list`,
    request: strict({ consumer: Type.Optional(ConsumerName) }),
    reply: strict({
      items: Type.Array(
        strict({
          consumer: ConsumerName,
          eventId: Uuid,
          subject: Subject,
          aggregateId: Type.String({ maxLength: 200 }),
          cause: Type.String({ maxLength: 1_000 }),
          parkedAt: Timestamp,
        }),
        { maxItems: 500 },
      ),
    }),
    timeoutMs: 5_000,
    idempotent: true,
  });

/** Tries a consumer's dead letters again, oldest first in each aggregate; those that fail again stay. */
export const replayDeadLetters = (service: ServiceName) =>
  defineRequest({
    subject: `${service}.v1.dead-letters.replay`,
    request: strict({ consumer: ConsumerName }),
    reply: strict({
      replayed: Count,
      failed: Count,
      causes: Type.Array(Type.String({ maxLength: 1_000 }), { maxItems: 20 }),
    }),
    timeoutMs: 30_000,
    idempotent: false,
  });

/** Empties a consumer's projection and fills it again from the source's outbox, while the service runs. */
export const rebuildProjection = (service: ServiceName) =>
  defineRequest({
    subject: `${service}.v1.projection.rebuild`,
    request: strict({ consumer: ConsumerName }),
    reply: strict({ requestedAt: Timestamp }),
    timeoutMs: 5_000,
    idempotent: true,
  });

export const readRebuild = (service: ServiceName) =>
  defineRequest({
    subject: `${service}.v1.projection.progress`,
    request: strict({ consumer: ConsumerName }),
    reply: strict({
      requestedAt: nullable(Timestamp),
      afterId: Count,
      uptoId: Count,
      handled: Count,
      finishedAt: nullable(Timestamp),
    }),
    timeoutMs: 5_000,
    idempotent: true,
  });
