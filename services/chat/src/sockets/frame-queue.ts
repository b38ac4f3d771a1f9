import { randomUUIDv7 } from "node:crypto";
import { type ClientFrame, closeCodes } from "@kismet/contracts";
import {
  continueTrace,
  deadlineIn,
  inSpan,
  isSampled,
  type Parts,
  PublicError,
  type RequestContext,
  requireContext,
  runWithContext,
  toProblem,
  traceIdOf,
} from "@kismet/service-kit";
import type { Config } from "../config.ts";
import type { RateLimit } from "../limits/rate-limit.ts";
import type { ChatSocket } from "./chat-socket.ts";
import { FrameBinary } from "./frame-errors.ts";
import type { FrameHandler } from "./frame-handlers.ts";
import { checkFrame, parseFrame, refOf } from "./read-frame.ts";

const frameTimeoutMs = 5_000;
/** Frames of one socket at work at the same time; beyond it nothing is read, and the client waits in its own buffer. */
const maxAtWork = 32;
/** Refused one after the other; by then the client does not mean to stop. */
const maxRefused = 100;

/** Frames at work on all sockets of the instance: a shutdown takes no more of them and waits for the rest. */
export type FrameLoad = { atWork: number; isDraining: boolean };

export type FrameQueueParts = {
  parts: Parts<Config>;
  messageLimit: RateLimit;
  frameLimit: RateLimit;
  load: FrameLoad;
};

/** The frames of one socket: begun in the order in which they came, one after the other; answered as they are done. */
export class FrameQueue {
  readonly #deps: FrameQueueParts;
  readonly #socket: ChatSocket;
  readonly #handle: FrameHandler;
  /** Called with each frame that could be read, before it begins. */
  readonly #onFrame: (frame: ClientFrame) => void;
  #turn: Promise<void>;
  #atWork = 0;
  #refused = 0;

  constructor(
    deps: FrameQueueParts,
    socket: ChatSocket,
    work: { isReady: Promise<void>; handle: FrameHandler; onFrame: (frame: ClientFrame) => void },
  ) {
    this.#deps = deps;
    this.#socket = socket;
    this.#turn = work.isReady;
    this.#handle = work.handle;
    this.#onFrame = work.onFrame;
  }

  receive(data: Buffer, isBinary: boolean): void {
    const { load } = this.#deps;
    if (this.#socket.isEnding || load.isDraining) return;
    this.#socket.isAlive = true;
    load.atWork += 1;
    this.#atWork += 1;
    if (this.#atWork >= maxAtWork) this.#socket.pauseReading();
    const context = contextOf(this.#socket);
    const text = isBinary ? undefined : data.toString("utf8");
    this.#turn = this.#turn.then(() => runWithContext(context, () => this.#begin(text)));
  }

  /** Resolves once the work has begun: then the next frame may. */
  async #begin(text: string | undefined): Promise<void> {
    let value: Record<string, unknown> | undefined;
    try {
      if (this.#socket.isEnding) return this.#release();
      if (text === undefined) throw new FrameBinary();
      value = parseFrame(text);
      const frame = checkFrame(value);
      this.#onFrame(frame);
      const { messageLimit, frameLimit } = this.#deps;
      await (frame.type === "send" ? messageLimit : frameLimit).take(this.#socket.memberId);
      void this.#finish(frame);
    } catch (error) {
      this.#refuse(error, value);
      this.#release();
    }
  }

  async #finish(frame: ClientFrame): Promise<void> {
    const begin = performance.now();
    try {
      const answer = await inSpan("chat.frame", { "kismet.frame": frame.type }, () => this.#handle(frame));
      if (answer) this.#socket.send(answer);
      this.#refused = 0;
      if (!isSampled(traceIdOf(requireContext().traceparent), this.#deps.parts.config.accessLogSample))
        return;
      const durationMs = Math.round((performance.now() - begin) * 10) / 10;
      this.#deps.parts.logger.info({ frame: frame.type, durationMs }, "frame");
    } catch (error) {
      this.#refuse(error, frame);
    } finally {
      this.#release();
    }
  }

  #refuse(error: unknown, value: Record<string, unknown> | undefined): void {
    const { requestId } = requireContext();
    const { status, body } = toProblem(error, requestId);
    const { logger } = this.#deps.parts;
    if (status >= 500)
      logger[status === 500 ? "error" : "warn"]({ err: error, code: body.code }, "frame failed");
    else logger.info({ code: body.code }, "frame refused");
    const seconds = error instanceof PublicError ? error.retryAfterSeconds : undefined;
    this.#socket.send({
      type: "error",
      ...refOf(value),
      code: body.code,
      detail: body.detail,
      requestId,
      ...(seconds === undefined ? {} : { retryAfterMs: seconds * 1_000 }),
    });
    if (error instanceof FrameBinary) this.#socket.end(closeCodes.binaryFrame, "frames are text");
    this.#refused += 1;
    if (this.#refused >= maxRefused) this.#socket.end(closeCodes.tooManyFrames, "too many refused frames");
  }

  #release(): void {
    this.#deps.load.atWork -= 1;
    this.#atWork -= 1;
    if (this.#atWork === maxAtWork / 2) this.#socket.resumeReading();
  }
}

/** Each frame is a request of its own: a socket lives for days, and a trace of days helps nobody. */
export function contextOf({ credential }: ChatSocket): RequestContext {
  return {
    requestId: randomUUIDv7(),
    traceparent: continueTrace(undefined),
    deadline: deadlineIn(frameTimeoutMs),
    member: credential.member,
  };
}
