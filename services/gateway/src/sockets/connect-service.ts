import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { DeadlineExceeded, type Deadline, Unavailable } from "@kismet/service-kit";
import { WebSocket } from "ws";
import { wasCutOff, wasNeverSent } from "../proxy/failures.ts";
import type { Upstream } from "../proxy/upstream.ts";

const handshakeTimeoutMs = 3_000;
const maxAddressesTried = 3;
const maxRefusalBytes = 16 * 1_024;

/** A service said no to the upgrade; the client is told what it said. */
export class ServiceRefusal extends Error {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;

  constructor(status: number, headers: IncomingHttpHeaders, body: Buffer) {
    super(`the service refused the upgrade with ${status}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

class ServiceSilent extends Error {
  constructor() {
    super(`no answer to the upgrade within ${handshakeTimeoutMs} ms`);
  }
}

export type ServiceSocketOptions = {
  path: string;
  protocols: string[];
  headers: () => Record<string, string>;
  maxPayload: number;
  deadline: Deadline;
  /** Aborted once nobody waits for it any more. */
  left: AbortSignal;
};

/**
 * Opens the service's side first, so that a client whose upgrade succeeds is really connected. What is given is paused:
 * frames that arrive before the two sides are joined wait in the kernel.
 */
export async function connectService(upstream: Upstream, options: ServiceSocketOptions): Promise<WebSocket> {
  const { deadline, left } = options;
  let lastError: unknown;
  for (let i = 0; i < maxAddressesTried && !deadline.expired(); i += 1) {
    const url = upstream.nextUrl();
    try {
      const socket = await open(url, options);
      upstream.reportAnswer(101);
      return socket;
    } catch (error) {
      left.throwIfAborted();
      if (error instanceof ServiceRefusal) upstream.reportAnswer(error.status);
      if (error instanceof ServiceRefusal || error instanceof DeadlineExceeded) throw error;
      lastError = error;
      // What the client asked for says nothing against the instance.
      if (!isOfConnection(error)) break;
      upstream.reportFailure(url);
    }
  }
  throw deadline.expired() ? new DeadlineExceeded(lastError) : new Unavailable(lastError);
}

function isOfConnection(error: unknown): boolean {
  return error instanceof ServiceSilent || wasNeverSent(error) || wasCutOff(error);
}

async function open(url: string, options: ServiceSocketOptions): Promise<WebSocket> {
  const { path, protocols, headers, maxPayload, deadline, left } = options;
  left.throwIfAborted();
  const socket = new WebSocket(new URL(path, url), protocols, {
    headers: headers(),
    maxPayload,
    perMessageDeflate: false,
  });
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  socket.on("error", reject);
  socket.once("open", () => {
    socket.pause();
    resolve(socket);
  });
  socket.once("unexpected-response", (_request, response: IncomingMessage) => {
    readRefusal(response).then(reject, reject);
  });
  const giveUp = (error: unknown) => {
    reject(error);
    socket.terminate();
  };
  const gone = () => giveUp(left.reason);
  left.addEventListener("abort", gone);
  const remainingMs = deadline.remainingMs();
  // How little time the client gave says nothing against the instance either.
  const late = remainingMs < handshakeTimeoutMs ? new DeadlineExceeded() : new ServiceSilent();
  const timer = setTimeout(() => giveUp(late), Math.min(remainingMs, handshakeTimeoutMs));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    left.removeEventListener("abort", gone);
  }
}

async function readRefusal(response: IncomingMessage): Promise<ServiceRefusal> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxRefusalBytes) break;
    chunks.push(chunk);
  }
  return new ServiceRefusal(response.statusCode ?? 502, response.headers, Buffer.concat(chunks));
}
