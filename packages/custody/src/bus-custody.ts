import type { busTables } from "@kismet/bus";
import type { TableCustody } from "./declare-custody.ts";
import { untouched } from "./untouched.ts";

type BusTables = ReturnType<typeof busTables<string>>;
export type BusTable = keyof BusTables;

const told =
  "repeats what the tables say, for other services; the bus erases it with the member (forgetting.ts)";
const noMember = "names no member";
const tombstone = "a digest of the id, so that nothing that comes late brings the member back";

/** Of the tables that every service has for its events. */
export const busCustody: { readonly [K in BusTable]: TableCustody<BusTables[K]> } = {
  outbox: untouched(told, [
    ...(["id", "eventId", "subject", "aggregateId", "payload", "about", "requestId", "traceparent"] as const),
    ...(["cause", "occurredAt", "publishedAt", "stream", "streamSeq"] as const),
  ]),
  parked: untouched(told, [
    ...(["consumer", "eventId", "position", "subject", "aggregateId", "payload", "requestId"] as const),
    ...(["traceparent", "occurredAt", "cause", "blocks", "parkedAt"] as const),
  ]),
  inbox: untouched(noMember, ["consumer", "eventId", "handledAt"]),
  rebuilds: untouched(noMember, [
    ...(["consumer", "requestedAt", "afterId", "uptoId", "handled", "finishedAt"] as const),
  ]),
  tombstones: untouched(tombstone, ["digest", "erasureId", "begunAt", "receipt"]),
};
