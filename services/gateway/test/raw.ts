import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Teardown } from "@kismet/testing";

/** A request as a service understood it. */
export type Understood = { method: string; url: string; rawHeaders: string[]; body: string };
export type Witness = {
  url: string;
  /** What has been understood since it was last asked. */
  understood(): Understood[];
  /** The very bytes that came since it was last asked. */
  bytes(): string;
};

/** A service that tells which bytes came, and what Node's parser, which every service has, made of them. */
export async function startWitness(t: Teardown): Promise<Witness> {
  let requests: Understood[] = [];
  let chunks: Buffer[] = [];
  const server = createHttpServer((request, response) => {
    void understand(request).then((understood) => {
      requests.push(understood);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(understood));
    }, noRequest);
  });
  const port = await listen(server);
  const tap = createServer((from) => {
    const to = connect(port, "127.0.0.1");
    from.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      to.write(chunk);
    });
    to.pipe(from);
    from.on("close", () => to.destroy());
    for (const socket of [from, to]) socket.on("error", () => socket.destroy());
  });
  const tapped = await listen(tap);
  t.teardown(() => {
    tap.close();
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${tapped}`,
    understood() {
      const seen = requests;
      requests = [];
      return seen;
    },
    bytes() {
      const seen = Buffer.concat(chunks).toString("latin1");
      chunks = [];
      return seen;
    },
  };
}

/** It broke off before its end. */
function noRequest(): void {}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function understand(request: IncomingMessage): Promise<Understood> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const { method = "", url = "", rawHeaders } = request;
  return { method, url, rawHeaders, body: Buffer.concat(chunks).toString("latin1") };
}

export type Heard = {
  /** In order, the interim ones included. */
  statuses: number[];
  text: string;
  /** Whether the gateway ended the connection, or was still silent when patience did. */
  ended: boolean;
  ms: number;
};

type Sending = { patienceMs?: number; halfClose?: boolean; until?: RegExp };

/** Sends these bytes, one part after the other, and gives what comes until the gateway hangs up. */
export async function exchange(
  url: string,
  parts: readonly (string | Buffer)[],
  { patienceMs = 5_000, halfClose = false, until }: Sending = {},
): Promise<Heard> {
  const begin = performance.now();
  const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1", allowHalfOpen: true });
  let text = "";
  const ended = new Promise<boolean>((resolve) => {
    const patience = setTimeout(() => resolve(false), patienceMs);
    const end = (how: boolean) => {
      clearTimeout(patience);
      resolve(how);
    };
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (until?.test(text)) end(false);
    });
    socket.on("end", () => end(true));
    socket.on("error", () => end(true));
    socket.on("close", () => end(true));
  });
  await writeAll(socket, parts);
  if (halfClose) socket.end();
  const isEnded = await ended;
  socket.destroy();
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  return { statuses, text, ended: isEnded, ms: performance.now() - begin };
}

/** Each part in a packet of its own, as far as that can be said. */
async function writeAll(socket: Socket, parts: readonly (string | Buffer)[]): Promise<void> {
  socket.setNoDelay(true);
  for (const part of parts) {
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.write(typeof part === "string" ? Buffer.from(part, "latin1") : part, () => resolve());
    });
  }
}

/** A request of these lines. */
export function lines(...all: string[]): string {
  return `${all.join("\r\n")}\r\n\r\n`;
}
