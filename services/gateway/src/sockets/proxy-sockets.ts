import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { RouteTableEntry } from "@kismet/contracts";
import { type App, Gauge, type Parts, ValidationFailed } from "@kismet/service-kit";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type WebSocket, WebSocketServer } from "ws";
import type { Config } from "../config.ts";
import { UpgradeRequired } from "../gateway-errors.ts";
import { ClientGone } from "../proxy/relay.ts";
import { forwardedHeaders } from "../proxy/forwarded-headers.ts";
import type { Upstreams } from "../proxy/upstreams.ts";
import { ClientUpgrade } from "./client-upgrade.ts";
import { decideUpgrade, offeredProtocols } from "./decide-upgrade.ts";
import { connectService, ServiceRefusal } from "./connect-service.ts";
import { createSeats } from "./socket-seats.ts";
import { linkSockets } from "./link-sockets.ts";

const pingEveryMs = 30_000;
const serviceRestart = 1012;
const switchingProtocols = 101;
/** How long clients have to answer our closing before they are cut off. */
const closeTimeoutMs = 1_000;
const maxFrameBytes = 64 * 1_024;
/** What the client is told of a service's refusal, beside its status and body. */
const ofRefusal = ["content-type", "retry-after", "www-authenticate"];

/**
 * The WebSocket routes of the table. An upgrade runs through the hooks of an ordinary request (limits, origin, token), so
 * that it is refused by the same rules and with the same answers, before anything is upgraded.
 */
export function proxySockets(
  parts: Parts<Config>,
  app: App,
  table: readonly RouteTableEntry[],
  upstreams: Upstreams,
): void {
  const upgrades = new WeakMap<IncomingMessage, ClientUpgrade>();
  const clients = createClients(parts, app);
  const takeSeat = createSeats(parts);
  app.server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    const upgrade = new ClientUpgrade(message, socket, head);
    upgrades.set(message, upgrade);
    app.routing(message, upgrade.response);
  });
  for (const entry of table.filter((each) => each.websocket === true)) {
    app.route({
      method: "GET",
      url: entry.path,
      config: { policy: entry.policy },
      handler: async (request, reply) => {
        const upgrade = upgrades.get(request.raw);
        if (!upgrade) throw new UpgradeRequired();
        refuseBadUpgrade(request);
        // Who has gone already would never leave the seat.
        upgrade.left.throwIfAborted();
        const seat = takeSeat(request.ip);
        upgrade.socket.once("close", () => seat.leave());
        const service = await openService(entry, upstreams, request, reply, upgrade.left);
        if (!service) return reply;
        reply.hijack();
        const client = clients.accept(upgrade, service.protocol);
        // Nobody else knows of the service's side yet.
        if (client) linkSockets(client, service);
        else service.terminate();
        return reply;
      },
    });
  }
}

function refuseBadUpgrade({ headers }: FastifyRequest): void {
  const fault = decideUpgrade(headers);
  if (fault === "version") throw new UpgradeRequired();
  if (fault) throw new ValidationFailed(`The upgrade can't be done: its ${fault} is not what it should be.`);
}

/** The service's side, or undefined if the service refused and the refusal is answered. */
async function openService(
  { service, path, policy }: RouteTableEntry,
  upstreams: Upstreams,
  request: FastifyRequest,
  reply: FastifyReply,
  left: AbortSignal,
): Promise<WebSocket | undefined> {
  const forwarded = forwardedHeaders(request);
  try {
    return await connectService(upstreams.for(service, request), {
      path,
      protocols: offeredProtocols(request.headers),
      headers: () => handshakeHeaders(forwarded, request),
      maxPayload: Math.max(policy.bodyLimit, maxFrameBytes),
      deadline: request.requestContext.deadline,
      left,
    });
  } catch (error) {
    if (!(error instanceof ServiceRefusal)) throw error;
    for (const name of ofRefusal) {
      const value = error.headers[name];
      if (value !== undefined) void reply.header(name, value);
    }
    void reply.code(error.status).send(error.body);
    return undefined;
  }
}

/** Without what the handshake with the service says itself. */
function handshakeHeaders(forwarded: string[], request: FastifyRequest): Record<string, string> {
  const { deadline, traceparent } = request.requestContext;
  const headers: Record<string, string> = { traceparent, "x-deadline-ms": String(deadline.remainingMs()) };
  for (let i = 0; i < forwarded.length; i += 2) {
    const name = forwarded[i] ?? "";
    if (!name.startsWith("sec-websocket-")) headers[name] = forwarded[i + 1] ?? "";
  }
  return headers;
}

/** Undefined if the client can't be upgraded any more. */
type Clients = { accept(upgrade: ClientUpgrade, protocol: string): WebSocket | undefined };

/** The clients' side: accepts, pings (a client that vanished says nothing), and on shutdown tells them to come back. */
function createClients(parts: Parts<Config>, app: App): Clients {
  const protocols = new WeakMap<IncomingMessage, string>();
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
    handleProtocols: (_offered, message) => protocols.get(message) || false,
  });
  const open = new Gauge({
    name: "kismet_gateway_sockets",
    help: "Open WebSockets of clients",
    registers: [parts.metrics],
  });
  const alive = new WeakSet<WebSocket>();
  const pinger = setInterval(() => {
    for (const client of server.clients) {
      if (!alive.delete(client)) client.terminate();
      else client.ping();
    }
  }, pingEveryMs);
  pinger.unref();

  app.addHook("preClose", async () => {
    clearInterval(pinger);
    const closed = [...server.clients].map(
      (client) => new Promise((resolve) => client.once("close", resolve)),
    );
    for (const client of server.clients) client.close(serviceRestart, "gateway restarting");
    const cutOff = setTimeout(() => server.clients.forEach((client) => client.terminate()), closeTimeoutMs);
    await Promise.all(closed);
    clearTimeout(cutOff);
  });

  return {
    accept(upgrade, protocol) {
      const { message, socket } = upgrade;
      protocols.set(message, protocol);
      const accepted: WebSocket[] = [];
      // Calls back at once or not at all: a client that is leaving it lets go without a word.
      server.handleUpgrade(message, socket, upgrade.take(), (client) => accepted.push(client));
      const [client] = accepted;
      upgrade.settle(client ? switchingProtocols : new ClientGone().status);
      if (!client) return void socket.destroy();
      open.inc();
      alive.add(client);
      client.on("pong", () => alive.add(client));
      client.on("close", () => open.dec());
      return client;
    },
  };
}
