import { newId } from "@kismet/testing";
import { runLoad } from "../load/run-load.ts";
import { type Spawned, spawnPeer, spawnService } from "../system/spawn-process.ts";
import type { System } from "../system/start-system.ts";
import { concurrency, poolSize } from "./plan.ts";
import { type Contestant, type Rounds, runRounds, type Section } from "./rounds.ts";

const text = "See you at seven, by the fountain? I will bring the umbrella, just in case.";

type Couple = { id: string; senderId: string; receiverId: string };

export async function benchMessages({ system, plan, progress }: Section): Promise<Rounds> {
  const couples = Array.from({ length: concurrency }, () => ({
    id: newId(),
    senderId: newId(),
    receiverId: newId(),
  }));
  await openConversations(system, couples);
  const chats = await Promise.all(["chat-1", "chat-2"].map((name) => startChat(system, name)));
  const { host } = new URL(system.natsUrl);
  const relays = await Promise.all([1, 2].map(() => spawnPeer("relay", [host], system)));
  const contestants = [
    socketContestant(system, "chat", chats, couples, (memberId) => ({
      authorization: `Bearer ${system.signer.token({ memberId })}`,
    })),
    socketContestant(system, "relay that stores nothing", relays, couples, (memberId, partnerId) => ({
      "x-member": memberId,
      "x-partner": partnerId,
    })),
    directContestant(system, couples),
  ];
  progress(`messages: ${contestants.length} ways`);
  const rounds = await runRounds(plan, contestants);
  await Promise.all([...chats, ...relays].map((each) => each.stop()));
  return rounds;
}

function startChat(system: System, name: string): Promise<Spawned> {
  const { natsUrl, redisUrl } = system;
  const limits = { messagesPerMinute: 1_000_000, framesPerMinute: 1_000_000 };
  const databaseUrl = system.databaseUrl("chat");
  const settings = { natsUrl, redisUrl, databaseUrl, databasePoolSize: poolSize, ...limits };
  return spawnService("chat", settings, { ...system, name });
}

/** Every other conversation runs the other way, so that both instances take and deliver. */
function socketContestant(
  system: System,
  name: string,
  instances: readonly Spawned[],
  couples: readonly Couple[],
  headersOf: (memberId: string, partnerId: string) => Record<string, string>,
): Contestant {
  const urls = instances.map(({ url }) => `${url.replace("http", "ws")}/v1/chat/socket`);
  const pids = { ...system.pids, "service 1": instances[0]?.pid, "service 2": instances[1]?.pid };
  return {
    name,
    run(shapes) {
      const conversations = couples.map(({ id, senderId, receiverId }, i) => ({
        id,
        sender: { url: urls[i % 2], headers: headersOf(senderId, receiverId) },
        receiver: { url: urls[(i + 1) % 2], headers: headersOf(receiverId, senderId) },
      }));
      const input = { shapes: shapes.map((shape) => ({ ...shape, pids })), conversations, text };
      return runLoad("message-socket", input, system.cleanup);
    },
  };
}

function directContestant(system: System, conversations: readonly Couple[]): Contestant {
  const { adminUrl: databaseUrl, pids } = system;
  return {
    name: "straight to Postgres",
    run(shapes) {
      const input = {
        shapes: shapes.map((shape) => ({ ...shape, pids })),
        databaseUrl,
        poolSize,
        conversations,
        text,
      };
      return runLoad("message-direct", input, system.cleanup);
    },
  };
}

/** As the event of a match leaves them. */
async function openConversations({ admin }: System, couples: readonly Couple[]): Promise<void> {
  const ids = couples.map(({ id }) => id);
  const [senders, receivers] = [
    couples.map(({ senderId }) => senderId),
    couples.map(({ receiverId }) => receiverId),
  ];
  await admin.query("INSERT INTO chat.members (id) SELECT unnest($1::uuid[])", [[...senders, ...receivers]]);
  await admin.query("INSERT INTO chat.conversations (id, opened_at) SELECT unnest($1::uuid[]), now()", [ids]);
  await admin.query(
    `INSERT INTO chat.participants (conversation_id, member_id, partner_id, listed_at)
     SELECT id, a, b, now() FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS c(id, a, b)
     UNION ALL SELECT id, b, a, now() FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS c(id, a, b)`,
    [ids, senders, receivers],
  );
  await admin.query(`
    CREATE SCHEMA IF NOT EXISTS bench;
    CREATE TABLE bench.conversations (LIKE chat.conversations INCLUDING ALL) WITH (fillfactor = 70);
    CREATE TABLE bench.messages (LIKE chat.messages INCLUDING ALL);
    INSERT INTO bench.conversations SELECT * FROM chat.conversations`);
}
