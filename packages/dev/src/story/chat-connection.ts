import { get } from "node:http";
import {
  type Change,
  chatProtocol,
  type ClientFrame,
  type ServerFrame,
  ticketProtocolPrefix,
} from "@kismet/contracts";
import { show, Unexpected } from "./expect.ts";
import type { Person } from "./person.ts";

const socketPath = "/v1/chat/socket";
const frameMs = 5_000;

type Waiting = { take: (frame: ServerFrame) => boolean };

/** One open socket, and what came through it and was not yet asked for. */
export class ChatConnection {
  readonly #socket: WebSocket;
  readonly #arrived: ServerFrame[] = [];
  readonly #waiting = new Set<Waiting>();
  readonly #closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#closed = new Promise((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
    socket.addEventListener("message", ({ data }) => this.#receive(JSON.parse(String(data)) as ServerFrame));
  }

  /** As a browser does it, which can send no header with a socket. */
  static async byTicket(person: Person): Promise<ChatConnection> {
    const { ticket } = (await person.ask("POST", "/v1/chat/ticket")).as<{ ticket: string }>(201);
    return ChatConnection.#open(person, { protocols: [chatProtocol, `${ticketProtocolPrefix}${ticket}`] });
  }

  /** As an app does it. */
  static async byHeader(person: Person, token = person.session.accessToken): Promise<ChatConnection> {
    const headers = { authorization: `Bearer ${token}` };
    return ChatConnection.#open(person, { protocols: [chatProtocol], headers });
  }

  static async #open(
    { gateway }: Person,
    init: { protocols: string[]; headers?: Record<string, string> },
  ): Promise<ChatConnection> {
    const socket = new WebSocket(new URL(socketPath, gateway.url.replace(/^http/, "ws")), init);
    const connection = new ChatConnection(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("error", () => reject(new Unexpected("the socket to open", "a refusal")));
    });
    return connection;
  }

  /** A frame, or text that is none. */
  send(frame: ClientFrame | string): void {
    this.#socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** The first frame, of those that came and those that will, from which something can be picked. */
  next<T>(what: string, pick: (frame: ServerFrame) => T | undefined): Promise<T> {
    for (const [index, frame] of this.#arrived.entries()) {
      const picked = pick(frame);
      if (picked === undefined) continue;
      this.#arrived.splice(index, 1);
      return Promise.resolve(picked);
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        take: (frame) => {
          const picked = pick(frame);
          if (picked === undefined) return false;
          clearTimeout(timer);
          this.#waiting.delete(waiting);
          resolve(picked);
          return true;
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        reject(new Unexpected(`${what} within ${frameMs} ms`, show(this.#arrived)));
      }, frameMs);
      this.#waiting.add(waiting);
    });
  }

  answer(ref: string): Promise<ServerFrame> {
    return this.next(`an answer to ${ref}`, (frame) =>
      "ref" in frame && frame.ref === ref ? frame : undefined,
    );
  }

  /** The next change of this type, with its place in the feed. */
  change<T extends Change["type"]>(type: T): Promise<{ seq: number; change: Extract<Change, { type: T }> }> {
    return this.next(`a ${type}`, (frame) => {
      if (frame.type !== "change" || frame.change.type !== type) return undefined;
      return { seq: frame.seq, change: frame.change as Extract<Change, { type: T }> };
    });
  }

  /** Frames that nobody has asked for. */
  get unread(): readonly ServerFrame[] {
    return this.#arrived;
  }

  /** The code with which the other side closes. */
  async closedWithin(timeoutMs: number): Promise<number> {
    const { promise, reject } = Promise.withResolvers<never>();
    const expected = `the socket to be closed within ${timeoutMs} ms`;
    const timer = setTimeout(() => reject(new Unexpected(expected, "it is open")), timeoutMs);
    return Promise.race([this.#closed, promise]).finally(() => clearTimeout(timer));
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.#closed;
  }

  #receive(frame: ServerFrame): void {
    for (const waiting of this.#waiting) if (waiting.take(frame)) return;
    this.#arrived.push(frame);
  }
}

/** With which status an upgrade is answered; 101 if the socket opens. */
export function upgradeStatus(gatewayUrl: string, headers: Record<string, string>): Promise<number> {
  const request = get(new URL(socketPath, gatewayUrl), {
    headers: {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": Buffer.alloc(16, 7).toString("base64"),
      ...headers,
    },
  });
  return new Promise((resolve, reject) => {
    request.once("error", reject);
    request.once("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.once("upgrade", (_response, socket) => {
      socket.destroy();
      resolve(101);
    });
  });
}
