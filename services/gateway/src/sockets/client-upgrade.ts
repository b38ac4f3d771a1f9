import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { ClientGone } from "../proxy/relay.ts";

/** What a client may say before it is answered: it should wait for that (RFC 6455, 4.1), and whoever does not is no client. */
const maxEarlyBytes = 64 * 1_024;
/** How long a refused client has to hang up: were it cut off at once, what it still sends could take its answer away (RFC 9112, 9.6). */
const lingerMs = 1_000;

/**
 * A connection whose client wants to upgrade. Node lets go of it when it says so: no listener and no timeout of its own
 * stays. So what Node does for other requests is done here: it is read, so that a client that leaves is noticed; once the
 * answer is sent the request is over, whatever the client does; and then the connection ends within a bound.
 */
export class ClientUpgrade {
  readonly message: IncomingMessage;
  readonly socket: Duplex;
  readonly response: ServerResponse;
  readonly #head: Buffer[];
  #headBytes = 0;
  readonly #leaving = new AbortController();

  constructor(message: IncomingMessage, socket: Duplex, head: Buffer) {
    this.message = message;
    this.socket = socket;
    this.#head = [head];
    this.response = new ServerResponse(message);
    this.response.assignSocket(socket as Socket);
    // Nobody parses what would come next.
    this.response.shouldKeepAlive = false;
    this.response.on("finish", this.#end);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#leaving.abort(new ClientGone()));
    socket.on("end", this.#cut);
    socket.on("drain", this.#drained);
    socket.on("data", this.#keep);
  }

  /** Aborted once the client has gone. */
  get left(): AbortSignal {
    return this.#leaving.signal;
  }

  /** Hands the connection over to whoever speaks frames; gives what has come of them. It is read on when they say so. */
  take(): Buffer {
    this.socket.pause();
    this.socket.off("data", this.#keep);
    this.socket.off("drain", this.#drained);
    this.socket.off("end", this.#cut);
    this.response.off("finish", this.#end);
    this.response.detachSocket(this.socket as Socket);
    return Buffer.concat(this.#head);
  }

  /** The request is over, as any other whose answer was sent: it is counted and logged, and its span ends. */
  settle(status: number): void {
    this.response.statusCode = status;
    this.response.emit("finish");
    this.response.emit("close");
  }

  readonly #keep = (chunk: Buffer): void => {
    this.#headBytes += chunk.length;
    this.#head.push(chunk);
    if (this.#headBytes > maxEarlyBytes) this.#cut();
  };

  readonly #drained = (): void => {
    this.response.emit("drain");
  };

  readonly #cut = (): void => {
    this.socket.destroy();
  };

  /** An answer was sent, so it was refused. */
  readonly #end = (): void => {
    const { socket, response } = this;
    // What still comes is of no interest, but read.
    socket.off("data", this.#keep);
    socket.resume();
    socket.end();
    const linger = setTimeout(this.#cut, lingerMs);
    socket.once("close", () => clearTimeout(linger));
    if (response.socket) response.detachSocket(socket as Socket);
    process.nextTick(() => response.emit("close"));
  };
}
