import type { IncomingHttpHeaders } from "node:http";
import { PublicError } from "@kismet/service-kit";
import type { FastifyReply } from "fastify";
import type { Dispatcher } from "undici";
import { canBeShaped, maxWholeBytes, sendWhole, type Shape } from "../answers/whole-answer.ts";
import { endWith, writeHead } from "./answered-headers.ts";

/** Nobody waits for the answer any more: says nothing against the upstream, and nobody is told. */
export class ClientGone extends PublicError {
  constructor() {
    super("GATEWAY_CLIENT_GONE", 499, "The client has closed the connection.");
  }
}

/**
 * One attempt at an answer: what the upstream says goes to the client as it comes, chunk by chunk, at the pace of the
 * slower of the two. No stream stands between (docs/adr/hop-without-streams.md): the small answers that are nearly all
 * of them come in one piece, and leave in one write.
 *
 * `started` settles with the upstream's head, or with why there is none; nothing is written to the client before the
 * first of its body is there, so until then another attempt can take the place of this one.
 */
export class Relay implements Dispatcher.DispatchHandler {
  readonly #start = Promise.withResolvers<IncomingHttpHeaders>();
  readonly started = this.#start.promise;
  readonly #reply: FastifyReply;
  readonly #failed: (error: Error) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #cancelled: Error | undefined;
  /** Once it has started. */
  status = 0;
  #headers: IncomingHttpHeaders | undefined;
  #isWritten = false;
  readonly #shape: Shape | undefined;
  /** What has come of an answer that is sent as a whole. */
  #whole: Buffer[] | undefined;
  #wholeBytes = 0;

  /** `failed` is told of an end between the upstream's head and its body: the client knows nothing of either. */
  constructor(reply: FastifyReply, failed: (error: Error) => void, shape: Shape | undefined) {
    this.#reply = reply;
    this.#shape = shape;
    this.#failed = failed;
  }

  /** Lets go of the upstream; what it still says is dropped. */
  cancel(error: Error): void {
    if (this.#cancelled) return;
    this.#cancelled = error;
    // The breaker may have refused it before anybody waited.
    this.started.catch(() => undefined);
    this.#start.reject(error);
    this.#controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#cancelled) controller.abort(this.#cancelled);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // Of 1xx another follows.
    if (status < 200 || this.#cancelled) return;
    this.status = status;
    this.#headers = headers;
    if (this.#shape && canBeShaped(status, headers)) this.#whole = [];
    this.#start.resolve(headers);
    if (this.#reply.request.method === "HEAD" && !this.#whole) this.#endWithHead(headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#cancelled || !this.#headers) return;
    if (this.#whole && this.#isKept(this.#whole, chunk)) return;
    const { raw } = this.#reply;
    const isAll = !this.#isWritten && Number(this.#headers["content-length"]) === chunk.length;
    this.#begin(this.#headers);
    if (isAll) return endWith(this.#reply, chunk);
    if (raw.write(chunk)) return;
    controller.pause();
    raw.once("drain", () => controller.resume());
  }

  onResponseEnd(): void {
    if (this.#cancelled || !this.#headers) return;
    if (this.#whole && this.#shape) return this.#sendWhole(this.#headers, this.#whole, this.#shape);
    this.#begin(this.#headers);
    const { raw } = this.#reply;
    if (!raw.writableEnded) raw.end();
  }

  /** Node writes no body to a HEAD; one that is long is not even fetched, to be thrown away. */
  #endWithHead(headers: IncomingHttpHeaders): void {
    if (Number(headers["content-length"]) <= maxWholeBytes) return;
    this.#begin(headers);
    this.#reply.raw.end();
    this.cancel(new ClientGone());
  }

  /** Keeps a chunk until all are there; what turns out too large for that goes out as it comes. */
  #isKept(whole: Buffer[], chunk: Buffer): boolean {
    this.#wholeBytes += chunk.length;
    if (this.#wholeBytes <= maxWholeBytes) {
      whole.push(chunk);
      return true;
    }
    this.#whole = undefined;
    if (this.#headers) this.#begin(this.#headers);
    for (const each of whole) this.#reply.raw.write(each);
    return false;
  }

  #sendWhole(headers: IncomingHttpHeaders, whole: Buffer[], shape: Shape): void {
    this.#isWritten = true;
    this.#reply.hijack();
    const [first] = whole;
    const body = first && whole.length === 1 ? first : Buffer.concat(whole);
    sendWhole(this.#reply, headers, body, shape);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.#headers) this.#start.reject(error);
    // A client that has part of an answer must not take it for all of it.
    else if (this.#isWritten) {
      if (!this.#reply.raw.writableEnded) this.#reply.raw.destroy();
    } else if (!this.#cancelled) this.#failed(error);
  }

  #begin(headers: IncomingHttpHeaders): void {
    if (this.#isWritten) return;
    this.#isWritten = true;
    this.#reply.hijack();
    writeHead(this.#reply, this.status, headers);
  }
}
