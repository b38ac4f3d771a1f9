import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Unavailable } from "@kismet/service-kit";
import { WebSocket } from "ws";
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

export type ServiceSocketOptions = {
  path: string;
  protocols: string[];
  headers: IncomingHttpHeaders;
  maxPayload: number;
};

/** Opens the service's side first, so that a client whose upgrade succeeds is really connected. */
export async function connectService(upstream: Upstream, options: ServiceSocketOptions): Promise<WebSocket> {
  let lastError: unknown;
  for (let i = 0; i < maxAddressesTried; i += 1) {
    const url = upstream.nextUrl();
    try {
      const socket = await open(url, options);
      upstream.reportAnswer(101);
      return socket;
    } catch (error) {
      if (error instanceof ServiceRefusal) {
        upstream.reportAnswer(error.status);
        throw error;
      }
      upstream.reportFailure(url);
      lastError = error;
    }
  }
  throw new Unavailable(lastError);
}

function open(
  url: string,
  { path, protocols, headers, maxPayload }: ServiceSocketOptions,
): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(new URL(path, url), protocols, {
      headers,
      maxPayload,
      handshakeTimeout: handshakeTimeoutMs,
      perMessageDeflate: false,
    });
    // Frames that arrive before the two sides are joined wait in the kernel.
    socket.once("open", () => {
      socket.pause();
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, response: IncomingMessage) => {
      readRefusal(response).then(reject, reject);
    });
  });
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
