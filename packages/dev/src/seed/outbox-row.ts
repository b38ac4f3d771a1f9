import type { EventContract, PayloadOf } from "@kismet/contracts";
import type { CopyRow } from "./copy-rows.ts";

/**
 * An event as if it had been told and carried to everybody long ago: longer than streams keep events, so that a relay
 * does not publish it anew, while a rebuild of a projection finds it.
 */
export function outboxRow<C extends EventContract>(
  event: C,
  told: { eventId: string; aggregateId: string; payload: PayloadOf<C>; at: string },
): CopyRow {
  return {
    event_id: told.eventId,
    subject: event.subject,
    aggregate_id: told.aggregateId,
    payload: told.payload,
    about: [...event.members(told.payload)],
    request_id: `seed-${told.eventId}`,
    traceparent: `00-${told.eventId.replaceAll("-", "")}-${told.eventId.replaceAll("-", "").slice(0, 16)}-00`,
    occurred_at: told.at,
    published_at: told.at,
  };
}
