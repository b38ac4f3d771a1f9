import type { Database } from "@kismet/database";
import { Histogram, type Parts } from "@kismet/service-kit";
import type { Schema } from "../changes/change-repository.ts";
import { GroupCommit } from "./group-commit.ts";
import { type Outcome, type Outgoing, writeMessages } from "./send-repository.ts";

export type MessageWriter = (message: Outgoing) => Promise<Outcome>;

/** Two at a time: a conversation that another instance holds locked then delays only half of the others. */
const laneCount = 2;

/** Writes messages in batches; those of one conversation in the order in which they came. */
export function createMessageWriter(parts: Parts, database: Database<Schema>): MessageWriter {
  const sizes = new Histogram({
    name: "kismet_chat_message_batch_size",
    help: "Messages written by one commit",
    buckets: [1, 2, 4, 8, 16, 32, 64],
    registers: [parts.metrics],
  });
  const lanes = Array.from(
    { length: laneCount },
    () =>
      new GroupCommit(
        (batch: Outgoing[]) => writeOnce(database, batch),
        (size) => sizes.observe(size),
      ),
  );
  return (message) => laneOf(lanes, message.conversationId).submit(message);
}

/** The statement wants each key once: of a message that comes twice in a batch the second copy is known already. */
async function writeOnce(database: Database<Schema>, batch: readonly Outgoing[]): Promise<Outcome[]> {
  const firsts = new Map<string, Outgoing>();
  for (const one of batch) if (!firsts.has(keyOf(one))) firsts.set(keyOf(one), one);
  const written = await writeMessages(database, [...firsts.values()]);
  const outcomes = new Map([...firsts.keys()].map((key, i) => [key, written[i] as Outcome]));
  return batch.map((one) => {
    const outcome = outcomes.get(keyOf(one)) as Outcome;
    const isCopy = firsts.get(keyOf(one)) !== one;
    return isCopy && outcome.kind === "sent" ? { kind: "known", message: outcome.message } : outcome;
  });
}

function keyOf({ conversationId, senderId, clientMessageId }: Outgoing): string {
  return `${conversationId}${senderId}${clientMessageId}`.toLowerCase();
}

/** The last digits of a UUID are random in every version. */
function laneOf<Lane>(lanes: readonly Lane[], id: string): Lane {
  return lanes[Number.parseInt(id.slice(-4), 16) % lanes.length] as Lane;
}
