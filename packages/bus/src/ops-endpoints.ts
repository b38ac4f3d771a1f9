import type { AnyDatabase } from "@kismet/database";
import { NotFound, type Parts } from "@kismet/service-kit";
import type { Consumer } from "./consumer.ts";
import { replayParked } from "./dead-letters.ts";
import { listParked } from "./inbox-repository.ts";
import {
  historyPageSize,
  listDeadLetters,
  readHistory,
  readHistoryHead,
  readRebuild,
  rebuildProjection,
  replayDeadLetters,
} from "./ops-contracts.ts";
import { newestId, selectHistory } from "./outbox-repository.ts";
import { requestRebuild, selectRebuild } from "./rebuild-repository.ts";
import type { Responders } from "./responders.ts";

const maxListed = 500;
/** Of a page of history: NATS refuses messages of a megabyte. */
const maxPageBytes = 700_000;

/** Any instance answers; what only the leading one may do goes through Postgres to it. */
export function serveOperations(
  parts: Parts,
  database: AnyDatabase,
  responders: Responders,
  { consumers, wake }: { consumers: Map<string, Consumer>; wake: () => void },
): void {
  const { name } = parts;
  const known = (consumer: string) => {
    const found = consumers.get(consumer);
    if (!found) throw new NotFound("There is no consumer of this name.");
    return found;
  };

  responders.add(readHistoryHead(name), async () => ({ id: await newestId(database.read, name) }));
  responders.add(readHistory(name), (query) => historyPage(database, name, query));
  responders.add(listDeadLetters(name), async ({ consumer }) => {
    const rows = await listParked(database.read, name, consumer, maxListed);
    return {
      items: rows.map(({ consumer, eventId, subject, aggregateId, cause, parkedAt }) => ({
        consumer,
        eventId,
        subject,
        aggregateId,
        cause,
        parkedAt,
      })),
    };
  });
  responders.add(replayDeadLetters(name), ({ consumer }) =>
    replayParked(parts, database, consumer, known(consumer).effects),
  );
  responders.add(rebuildProjection(name), async ({ consumer }) => {
    known(consumer);
    const requestedAt = await requestRebuild(database.read, name, consumer);
    wake();
    return { requestedAt };
  });
  responders.add(readRebuild(name), async ({ consumer }) => {
    known(consumer);
    const row = await selectRebuild(database.read, name, consumer);
    return {
      requestedAt: row?.requestedAt ?? null,
      afterId: row?.afterId ?? 0,
      uptoId: row?.uptoId ?? 0,
      handled: row?.handled ?? 0,
      finishedAt: row?.finishedAt ?? null,
    };
  });
}

async function historyPage(
  database: AnyDatabase,
  schema: string,
  query: { subjects: string[]; afterId: number; uptoId: number },
) {
  const rows = await selectHistory(database.read, schema, { ...query, limit: historyPageSize });
  const events = [];
  let bytes = 0;
  for (const { eventId, id, subject, aggregateId, payload, requestId, traceparent, occurredAt } of rows) {
    const text = JSON.stringify(payload);
    bytes += text.length + 500;
    if (events.length > 0 && bytes > maxPageBytes) break;
    events.push({
      eventId,
      position: id,
      subject,
      aggregateId,
      payload: text,
      requestId,
      traceparent,
      occurredAt,
    });
  }
  const isLast = rows.length < historyPageSize && events.length === rows.length;
  return { events, lastId: isLast ? query.uptoId : (events.at(-1)?.position ?? query.uptoId) };
}
