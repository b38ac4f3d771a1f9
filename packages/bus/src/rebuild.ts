import { setTimeout as delay } from "node:timers/promises";
import type { AnyDatabase } from "@kismet/database";
import { type Parts, PublicError } from "@kismet/service-kit";
import type { ConsumerDeclaration } from "./consumer.ts";
import type { Effects } from "./effects.ts";
import type { StoredEvent } from "./events.ts";
import { forgetEvents } from "./inbox-repository.ts";
import { readHistory, readHistoryHead } from "./ops-contracts.ts";
import { advanceRebuild, beginRebuild, finishRebuild, selectRebuild } from "./rebuild-repository.ts";
import type { Requests } from "./requests.ts";
import { parseJson } from "./wire.ts";

const batchSize = 100;
const attemptsEach = 3;

/**
 * Fills a projection anew from the outbox of its source, while no live event is consumed: these wait in the stream.
 * What the outbox held when it began is read in its order; whatever was written later comes live afterwards, and
 * what comes by both ways is known by its id. So no event is missing, and none of an aggregate is out of order.
 * How far it has come is kept in Postgres, with the effects: another leader goes on from there.
 */
export class Rebuild {
  readonly #parts: Parts;
  readonly #database: AnyDatabase;
  readonly #requests: Requests;
  readonly #effects: Effects;
  readonly #declaration: ConsumerDeclaration;

  constructor(
    parts: Parts,
    database: AnyDatabase,
    requests: Requests,
    effects: Effects,
    declaration: ConsumerDeclaration,
  ) {
    this.#parts = parts;
    this.#database = database;
    this.#requests = requests;
    this.#effects = effects;
    this.#declaration = declaration;
  }

  async isRequested(): Promise<boolean> {
    const row = await selectRebuild(this.#database.read, this.#parts.name, this.#declaration.name);
    return row !== undefined && row.finishedAt === null;
  }

  /** Returns when there is nothing (more) to rebuild. Throws what kept it from going on; it can be called again. */
  async run(signal: AbortSignal): Promise<void> {
    const { name } = this.#declaration;
    while (!signal.aborted) {
      const row = await selectRebuild(this.#database.read, this.#parts.name, name);
      if (!row || row.finishedAt !== null) return;
      if (row.afterId === null || row.uptoId === null) await this.#begin();
      else if (row.afterId < row.uptoId) await this.#page(row.afterId, row.uptoId);
      else {
        await finishRebuild(this.#database.read, this.#parts.name, name);
        this.#parts.logger.info({ consumer: name, handled: row.handled }, "projection rebuilt");
      }
    }
  }

  async #begin(): Promise<void> {
    const { name, source, reset } = this.#declaration;
    const { id: uptoId } = await this.#requests.request(readHistoryHead(source), {});
    this.#parts.logger.info({ consumer: name, uptoId }, "rebuilding a projection");
    await this.#database.transaction(async (tx) => {
      await reset?.(tx);
      await forgetEvents(tx, this.#parts.name, name);
      await beginRebuild(tx, this.#parts.name, name, uptoId);
    });
  }

  async #page(afterId: number, uptoId: number): Promise<void> {
    const { source, handlers } = this.#declaration;
    const subjects = handlers.map(({ event }) => event.subject);
    const { events, lastId } = await this.#requests.request(readHistory(source), {
      subjects,
      afterId,
      uptoId,
    });
    const stored = events.map((event) => ({ ...event, payload: parseJson(event.payload) }));
    for (let from = 0; from < stored.length; from += batchSize) {
      await this.#apply(stored.slice(from, from + batchSize));
    }
    await advanceRebuild(this.#database.read, this.#parts.name, this.#declaration.name, {
      afterId: lastId,
      handled: 0,
    });
  }

  async #apply(events: StoredEvent[]): Promise<void> {
    try {
      await this.#effects.apply(events, (tx) => this.#advance(tx, events));
    } catch (error) {
      if (isPassing(error)) throw error;
      for (const event of events) await this.#applyOne(event);
    }
  }

  async #applyOne(event: StoredEvent): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#effects.apply([event], (tx) => this.#advance(tx, [event]));
        return;
      } catch (error) {
        if (isPassing(error)) throw error;
        if (attempt < attemptsEach) {
          await delay(50 * 2 ** attempt);
          continue;
        }
        this.#parts.logger.error({ err: error, eventId: event.eventId }, "event failed in a rebuild");
        await this.#effects.bury(event, error);
        return;
      }
    }
  }

  #advance(tx: Parameters<typeof advanceRebuild>[0], events: StoredEvent[]): Promise<void> {
    const afterId = events.at(-1)?.position ?? 0;
    return advanceRebuild(tx, this.#parts.name, this.#declaration.name, { afterId, handled: events.length });
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof PublicError && error.status >= 503;
}
