import { closeCodes, type Member, type ServerFrame } from "@kismet/contracts";
import type { WebSocket } from "ws";

/** Changes are pushed no further than this: they wait in the database, where they lie anyway. */
const highWaterBytes = 64 * 1024;
/** Answers to the client's own frames pile up to here; a client that asks without listening is closed. */
const maxBufferedBytes = 1024 * 1024;

/** Who holds a socket, and from when and by which key the token is that has shown it. */
export type Credential = { member: Member; issuedAt: Date; kid: string };

/**
 * One device. Kept small, since most are idle: what it has been told is one number, what it was not told yet lies in
 * the member's feed.
 */
export class ChatSocket {
  readonly credential: Credential;
  /** Which of the heartbeats is its own. */
  readonly beat = Math.floor(Math.random() * 1_000);
  readonly #ws: WebSocket;
  readonly #onRoom: (socket: ChatSocket) => void;
  /** Seq of the last change that was pushed; undefined until it is known from where the client wants them. */
  position: number | undefined;
  isPumping = false;
  /** Whether a sign of life came since the last ping. */
  isAlive = true;
  isEnding = false;
  /** Since when the buffer is over the mark, by `performance.now()`. */
  stalledSince: number | undefined;

  constructor(ws: WebSocket, credential: Credential, onRoom: (socket: ChatSocket) => void) {
    this.#ws = ws;
    this.credential = credential;
    this.#onRoom = onRoom;
  }

  get memberId(): string {
    return this.credential.member.memberId;
  }

  get hasRoom(): boolean {
    return this.#ws.bufferedAmount < highWaterBytes;
  }

  send(frame: ServerFrame): void {
    this.sendText(JSON.stringify(frame));
  }

  sendText(text: string): void {
    if (this.isEnding || this.#ws.readyState !== this.#ws.OPEN) return;
    if (this.#ws.bufferedAmount > maxBufferedBytes) return this.end(closeCodes.slowReader, "slow reader");
    if (this.stalledSince !== undefined || this.#ws.bufferedAmount + text.length < highWaterBytes) {
      this.#ws.send(text);
      return;
    }
    this.stalledSince = performance.now();
    this.#ws.send(text, () => this.checkRoom());
  }

  /** Called when what filled the buffer has gone, and now and then, since more may have come behind it. */
  checkRoom(): void {
    if (this.stalledSince === undefined || !this.hasRoom) return;
    this.stalledSince = undefined;
    this.#onRoom(this);
  }

  ping(): void {
    this.isAlive = false;
    this.#ws.ping();
  }

  /** Nothing is read from it or sent to it any more. A client that does not answer the close is cut off by `ws`. */
  end(code: number, reason: string): void {
    if (this.isEnding) return;
    this.isEnding = true;
    this.#ws.close(code, reason);
  }

  /** For a peer that is dead already. */
  cut(): void {
    this.isEnding = true;
    this.#ws.terminate();
  }

  pauseReading(): void {
    this.#ws.pause();
  }

  resumeReading(): void {
    this.#ws.resume();
  }
}
