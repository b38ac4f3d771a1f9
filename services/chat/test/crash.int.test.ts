import { setTimeout as delay } from "node:timers/promises";
import type { Message } from "@kismet/contracts";
import { eventually, newId } from "@kismet/testing";
import t from "tap";
import { Device } from "./device.ts";
import { spawnChat } from "./spawn-chat.ts";
import { call, createChatWorld, match, type Person, person, startChat } from "./world.ts";

const total = 300;
/** As many as the client has under way: enough that a kill finds some between commit and acknowledgement. */
const inFlight = 40;
const kills = 3;

type Draft = { key: string; text: string };

/** A client that sends again what was not acknowledged, on whatever connection it has. */
class RetryingClient {
  readonly drafts: Draft[] = Array.from({ length: total }, (_, i) => ({
    key: newId(),
    text: `message ${i}`,
  }));
  readonly acked = new Map<string, Message>();
  readonly #conversationId: string;

  constructor(conversationId: string) {
    this.#conversationId = conversationId;
  }

  get isDone(): boolean {
    return this.acked.size === total;
  }

  /** In order, until all is acknowledged or the connection is lost. */
  async sendAll(device: Device): Promise<void> {
    const waiting = this.drafts.filter(({ key }) => !this.acked.has(key));
    const before = this.acked.size;
    let seen = 0;
    let next = 0;
    while (device.closed === undefined && !this.isDone) {
      while (next < waiting.length && next - (this.acked.size - before) < inFlight) {
        this.#send(device, waiting[next++] as Draft);
      }
      await delay(1);
      seen = this.#read(device, seen);
    }
  }

  #send(device: Device, { key, text }: Draft): void {
    const message = { type: "text" as const, text };
    const conversationId = this.#conversationId;
    device.raw({ type: "send", ref: key, conversationId, clientMessageId: key, message });
  }

  #read(device: Device, seen: number): number {
    for (const frame of device.frames.slice(seen)) {
      if (frame.type === "error") throw new Error(`refused: ${frame.code}`);
      if (frame.type === "ack" && frame.message) this.acked.set(frame.ref, frame.message);
    }
    return device.frames.length;
  }
}

async function historyOf(url: string, reader: Person, conversationId: string): Promise<Message[]> {
  const history: Message[] = [];
  for (let after: string | null = "0"; after !== null;) {
    const path: string = `/v1/conversations/${conversationId}/messages?after=${after}&limit=100`;
    const { body } = await call<{ items: Message[]; nextCursor: string | null }>(url, reader, "GET", path);
    history.push(...body.items);
    after = body.nextCursor;
  }
  return history;
}

async function untilTexts(device: Device): Promise<string[]> {
  await eventually(() => {
    if (device.texts.length < total) throw new Error(`has ${device.texts.length}`);
  });
  return device.texts;
}

// Each kill needs a process, and a process some seconds of a busy machine.
t.setTimeout(120_000);

await t.test(
  "killed between commit and ack, chat has every acknowledged message once, in order",
  async (t) => {
    const chat = await createChatWorld(t);
    const survivor = await startChat(t, chat.world);
    const [ada, bo] = [person(chat.world), person(chat.world)];
    const id = await match(chat, survivor.url, ada, bo);
    const partner = await Device.resumed(survivor.url, bo, 1);
    const client = new RetryingClient(id);

    let committedUnacked = 0;
    let next = spawnChat(t, chat.world);
    for (let kill = 1; kill <= kills; kill += 1) {
      const victim = await next;
      if (kill < kills) next = spawnChat(t, chat.world);

      const sending = client.sendAll(await Device.resumed(victim.url, ada, 0));
      const goal = client.acked.size + 20 + Math.floor(Math.random() * 40);
      await eventually(
        () => {
          if (client.acked.size < goal) throw new Error(`only ${client.acked.size} acknowledged`);
        },
        { everyMs: 1 },
      );
      // What Postgres has been asked for it does, also for a process that will never hear of it.
      victim.freeze();
      await delay(100);
      const [row] = await chat.world.sql<{ count: string }>("SELECT count(*) FROM chat.messages");
      await victim.kill();
      await sending;
      committedUnacked += Number(row?.count) - client.acked.size;
    }
    await client.sendAll(await Device.resumed(survivor.url, ada, 0));
    t.comment(`${committedUnacked} messages were committed and not acknowledged when the kills came`);
    t.ok(committedUnacked > 0, "the window was hit");

    const expected = client.drafts.map(({ text }) => text);
    const history = await historyOf(survivor.url, ada, id);
    t.same(
      history.map(({ text }) => text),
      expected,
      "each once, in the order in which they were sent",
    );
    t.same(
      history.map(({ seq }) => seq),
      expected.map((_, i) => i + 1),
      "without gaps",
    );
    t.same(
      [...client.acked.values()].sort((a, b) => a.seq - b.seq),
      history,
      "as they were acknowledged",
    );
    t.same(await untilTexts(partner), expected, "the other one was sent each once, while all this happened");
    t.same(await untilTexts(await Device.resumed(survivor.url, ada, 1)), expected, "so was the sender");
  },
);
