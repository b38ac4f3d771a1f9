/**
 * Each worker is a conversation: its one member sends from a socket at one instance, and the operation ends when the other
 * member's socket, at another instance, has the message and the sender the acknowledgement.
 */
import { randomUUIDv7 } from "node:crypto";
import { once } from "node:events";
import { WebSocket } from "ws";
import { answerWith, readInput } from "./load-input.ts";
import { type LoadShape, measureAll } from "./measure.ts";

type End = { url: string; headers: Record<string, string> };
export type Conversation = { id: string; sender: End; receiver: End };
type Frame = {
  type: string;
  ref?: string;
  code?: string;
  change?: { type: string; message?: { clientMessageId: string } };
};

const { shapes, conversations, text } = await readInput<{
  shapes: LoadShape[];
  conversations: Conversation[];
  text: string;
}>();

const beginTimeoutMs = 15_000;

class Line {
  readonly #id: string;
  readonly #sender: WebSocket;
  #waiting: { key: string; missing: number; resolve(): void; reject(error: Error): void } | undefined;

  private constructor(id: string, sender: WebSocket, receiver: WebSocket) {
    this.#id = id;
    this.#sender = sender;
    sender.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      if (frame.type === "ack") this.#heard(frame.ref);
      if (frame.type === "error") this.#waiting?.reject(new Error(`refused: ${frame.code}`));
    });
    receiver.on("message", (data: Buffer) => {
      const { change } = JSON.parse(data.toString()) as Frame;
      if (change?.type === "message") this.#heard(change.message?.clientMessageId);
    });
    for (const socket of [sender, receiver]) {
      socket.on("close", (code) => this.#waiting?.reject(new Error(`a socket was closed: ${code}`)));
    }
  }

  static async open({ id, sender, receiver }: Conversation): Promise<Line> {
    const sockets = [sender, receiver].map(({ url, headers }) => new WebSocket(url, "chat.v1", { headers }));
    await Promise.all(sockets.map(begin));
    return new Line(id, sockets[0] as WebSocket, sockets[1] as WebSocket);
  }

  send(): Promise<void> {
    const key = randomUUIDv7();
    return new Promise((resolve, reject) => {
      this.#waiting = { key, missing: 2, resolve, reject };
      const message = { type: "text", text };
      this.#sender.send(
        JSON.stringify({
          type: "send",
          ref: key,
          conversationId: this.#id,
          clientMessageId: key,
          message,
        }),
      );
    });
  }

  #heard(key: string | undefined): void {
    if (key !== this.#waiting?.key || !this.#waiting) return;
    this.#waiting.missing -= 1;
    if (this.#waiting.missing === 0) this.#waiting.resolve();
  }
}

/** Open is not enough: what is said before the server has begun to listen for the member is not pushed to the socket. */
async function begin(socket: WebSocket): Promise<void> {
  const timer = setTimeout(() => {
    throw new Error(`${socket.url}: a socket has not begun (state ${socket.readyState})`);
  }, beginTimeoutMs);
  await once(socket, "open");
  const closed = once(socket, "close").then(([code]) => {
    throw new Error(`a socket was closed before it began: ${String(code)}`);
  });
  // Closed later, it fails the operation that waits for it.
  closed.catch(() => undefined);
  socket.send(JSON.stringify({ type: "ping", ref: "begin" }));
  await Promise.race([once(socket, "message"), closed]);
  clearTimeout(timer);
}

const lines = await Promise.all(conversations.map((conversation) => Line.open(conversation)));
answerWith(await measureAll(shapes, async (worker) => lines[worker % lines.length]?.send()));
