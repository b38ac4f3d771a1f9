import { once } from "node:events";
import { type Change, type ClientFrame, ServerFrame } from "@kismet/contracts";
import { eventually, newId } from "@kismet/testing";
import { Compile } from "typebox/compile";
import { WebSocket } from "ws";
import type { Person } from "./world.ts";

const serverFrame = Compile(ServerFrame);

type Ack = Extract<ServerFrame, { type: "ack" }>;
type ErrorFrame = Extract<ServerFrame, { type: "error" }>;
type Resumed = Extract<ServerFrame, { type: "resumed" }>;
export type Pushed = { seq: number; change: Change };

/** A client of the socket: keeps all that it was sent, each frame held to its schema. */
export class Device {
  readonly ws: WebSocket;
  readonly frames: ServerFrame[] = [];
  closed: { code: number; reason: string } | undefined;
  #refs = 0;

  constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on("message", (data: Buffer) => {
      const frame: unknown = JSON.parse(data.toString());
      if (!serverFrame.Check(frame)) throw new Error(`not a frame: ${data.toString().slice(0, 200)}`);
      this.frames.push(frame);
    });
    ws.on("close", (code, reason) => (this.closed = { code, reason: reason.toString() }));
    ws.on("error", () => undefined);
  }

  static async connect(url: string, { token }: Person): Promise<Device> {
    const ws = new WebSocket(`${url.replace("http", "ws")}/v1/chat/socket`, "chat.v1", {
      headers: { authorization: `Bearer ${token}` },
    });
    const device = new Device(ws);
    await once(ws, "open");
    return device;
  }

  /** Connects, and resumes after `since`. */
  static async resumed(url: string, person: Person, since: number): Promise<Device> {
    const device = await Device.connect(url, person);
    await device.resume(since);
    return device;
  }

  get changes(): Pushed[] {
    return this.frames.flatMap((frame) => (frame.type === "change" ? [frame] : []));
  }

  get texts(): string[] {
    return this.changes.flatMap(({ change }) =>
      change.type === "message" ? [change.message.text ?? ""] : [],
    );
  }

  raw(frame: object | string | Buffer): void {
    this.ws.send(typeof frame === "string" || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
  }

  newRef(): string {
    return String(++this.#refs);
  }

  /** Sends a frame and waits for what answers it. */
  async ask(frame: ClientFrame): Promise<ServerFrame> {
    this.raw(frame);
    if (!("ref" in frame)) throw new Error("a frame without a ref has no answer");
    return this.answer(frame.ref);
  }

  answer(ref: string): Promise<ServerFrame> {
    return this.find((frame) => "ref" in frame && frame.ref === ref);
  }

  async send(
    conversationId: string,
    text: string,
    clientMessageId: string = newId(),
  ): Promise<Ack | ErrorFrame> {
    const message = { type: "text" as const, text };
    const ref = this.newRef();
    return (await this.ask({ type: "send", ref, conversationId, clientMessageId, message })) as
      Ack | ErrorFrame;
  }

  async resume(since: number): Promise<Resumed> {
    const answer = await this.ask({ type: "resume", ref: this.newRef(), since });
    if (answer.type !== "resumed") throw new Error(`could not resume: ${JSON.stringify(answer)}`);
    return answer;
  }

  find(matches: (frame: ServerFrame) => boolean): Promise<ServerFrame> {
    return eventually(
      () => {
        const found = this.frames.find(matches);
        if (!found) throw new Error(`no such frame among ${JSON.stringify(this.frames).slice(-500)}`);
        return found;
      },
      { everyMs: 2 },
    );
  }

  change<T extends Change["type"]>(type: T): Promise<Pushed> {
    return this.find((frame) => frame.type === "change" && frame.change.type === type) as Promise<
      Pushed & { type: "change" }
    >;
  }

  async untilClosed(): Promise<{ code: number; reason: string }> {
    return eventually(() => {
      if (!this.closed) throw new Error("the socket is still open");
      return this.closed;
    });
  }

  async close(): Promise<void> {
    this.ws.close();
    await this.untilClosed();
  }
}
