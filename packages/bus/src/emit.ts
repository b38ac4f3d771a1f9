import { randomUUIDv7 } from "node:crypto";
import type { EventContract, PayloadOf } from "@kismet/contracts";
import { announce, type AnyTransaction } from "@kismet/database";
import { contextFromHeaders, currentContext, traceHeaders } from "@kismet/service-kit";
import { insertOutbox } from "./outbox-repository.ts";
import { inSpan, SpanKind } from "./telemetry.ts";
import { assertValid } from "./wire.ts";

/** The topic of `database.onCommit` that wakes the relay. */
export const outboxTopic = "outbox";

/**
 * Tells the others of a fact, if and only if the transaction commits: writes it to the outbox of the service that the
 * subject names, from where the relay carries it on. Events of one aggregate keep their order if the transaction
 * holds the aggregate's lock (or has written its row) before it emits.
 */
export async function emit<C extends EventContract>(
  tx: AnyTransaction,
  event: C,
  { aggregateId, payload }: { aggregateId: string; payload: PayloadOf<C> },
): Promise<void> {
  assertValid(event.payload, payload, event.subject);
  await inSpan(`emit ${event.subject}`, { kind: SpanKind.PRODUCER }, async () => {
    const { requestId, traceparent } =
      currentContext() ?? contextFromHeaders(() => undefined, { timeoutMs: 0 });
    await insertOutbox(tx, serviceOf(event), {
      eventId: randomUUIDv7(),
      subject: event.subject,
      aggregateId,
      payload,
      about: [...event.members(payload)],
      requestId,
      traceparent: traceHeaders(traceparent)["traceparent"] ?? traceparent,
      cause: null,
    });
  });
  announce(tx, outboxTopic);
}

/** `events.auth.account.changed` lies in the outbox of auth: a service can't emit another's event, its role forbids it. */
export function serviceOf({ subject }: EventContract): string {
  return subject.split(".")[1] as string;
}
