import type { AnyDatabase, AnyTransaction } from "@kismet/database";
import { Unavailable } from "@kismet/service-kit";
import type { Nats } from "./connection.ts";
import { deleteParkedOf, deleteToldOf, selectToldOf, type Told } from "./forgetting-repository.ts";
import { deadStream, eventsStream, isNoMessage } from "./streams.ts";
import { header } from "./wire.ts";

const pageSize = 200;
/** At the server at the same time. */
const inFlight = 16;

/** Takes back what a service has told of a member: the streams first, then the outbox that they could be made from. */
export type Forgetting = {
  /** Removes the messages from the streams. Throws UNAVAILABLE while the relay has not carried all of them there. */
  fromStreams(memberId: string): Promise<ReadonlySet<number>>;
  /** Removes the rows whose messages are gone; throws UNAVAILABLE if one has come since. */
  fromTables(
    tx: AnyTransaction,
    memberId: string,
    gone: ReadonlySet<number>,
  ): Promise<{ outbox: number; parked: number }>;
};

export function createForgetting(schema: string, database: AnyDatabase, nats: Nats): Forgetting {
  return {
    async fromStreams(memberId) {
      const gone = new Set<number>();
      for (let afterId = 0; ;) {
        const page = await selectToldOf(database.read, schema, memberId, { afterId, limit: pageSize });
        // The relay may have it in hand: it would be in the stream after we looked.
        if (page.some(({ isPublished }) => !isPublished))
          throw new Unavailable(new Error("what was told of the member is still on its way"));
        for (let from = 0; from < page.length; from += inFlight)
          await Promise.all(page.slice(from, from + inFlight).map((told) => remove(nats, told)));
        for (const { id } of page) gone.add(id);
        const last = page.at(-1);
        if (!last || page.length < pageSize) return gone;
        afterId = last.id;
      }
    },

    async fromTables(tx, memberId, gone) {
      const deleted = await deleteToldOf(tx, schema, memberId);
      if (deleted.some((id) => !gone.has(id)))
        throw new Unavailable(new Error("something was told of the member meanwhile"));
      return { outbox: deleted.length, parked: await deleteParkedOf(tx, schema, memberId) };
    },
  };
}

/** Overwritten, not only unlisted. By its number, but only if it is this event that has it: streams are made anew. */
async function remove({ manager }: Nats, { eventId, subject, streamSeq }: Told): Promise<void> {
  if (streamSeq === null) return;
  const stream = subject.startsWith("dead.") ? deadStream : eventsStream;
  try {
    const message = await manager.streams.getMessage(stream, { seq: streamSeq });
    if (message?.header.get(header.messageId) !== eventId) return;
    await manager.streams.deleteMessage(stream, streamSeq, true);
  } catch (error) {
    if (!isNoMessage(error)) throw error;
  }
}
