import fastifyWebsocket from "@fastify/websocket";
import { chatProtocol, SocketTicket } from "@kismet/contracts";
import { type App, type TokenVerifier, Unavailable } from "@kismet/service-kit";
import type { FastifyRequest } from "fastify";
import type { Credential } from "./chat-socket.ts";
import { drainSockets } from "./drain-sockets.ts";
import { UpgradeRequired } from "./frame-errors.ts";
import { credentialOf, identify } from "./identify.ts";
import { maxFrameBytes } from "./read-frame.ts";
import { serveSocket, type SocketParts } from "./serve-socket.ts";
import type { Tickets } from "./tickets.ts";

/** A client that does not answer a close is cut off after this. */
const closeTimeoutMs = 2_000;
const drainWithinMs = 3_000;

const socketOptions = {
  maxPayload: maxFrameBytes,
  // It would cost far more memory than an idle socket has, to shorten frames that are short.
  perMessageDeflate: false,
  closeTimeout: closeTimeoutMs,
  // The ticket that travels beside it is no protocol to agree on.
  handleProtocols: () => chatProtocol,
};

export async function registerSocketRoutes(
  app: App,
  deps: SocketParts,
  { tickets, verifier }: { tickets: Tickets; verifier: TokenVerifier },
): Promise<void> {
  const { parts, feeds, load } = deps;
  const credentials = new WeakMap<FastifyRequest, Credential>();

  await app.register(fastifyWebsocket, {
    options: socketOptions,
    // A peer that vanishes or breaks the protocol: `ws` closes with the right code, there is nothing to add.
    errorHandler: (error) => parts.logger.debug({ err: error }, "socket failed"),
    preClose: async () => {
      const withinMs = Math.min(drainWithinMs, parts.config.shutdownMs / 2);
      await drainSockets(feeds, load, { withinMs, spreadMs: parts.config.reconnectSpreadMs });
    },
  });

  // The plugin ends the connection of a refused upgrade only if its own hook came before the refusal, and the kit's come
  // first: without this, each bad token would leave a connection behind.
  app.addHook("onResponse", async ({ raw }) => {
    if (raw.headers.upgrade !== undefined) raw.socket.destroy();
  });

  app.route({
    method: "POST",
    url: "/v1/chat/ticket",
    schema: {
      summary: "A ticket to open one socket with",
      description: "For browsers, which can't send a token with a WebSocket.",
      response: { 201: SocketTicket },
    },
    config: {
      policy: { auth: "member", limit: "write", bodyLimit: 1_024, timeoutMs: 5_000, idempotent: true },
    },
    async handler(request, reply) {
      return reply.code(201).send(await tickets.issue(credentialOf(request)));
    },
  });

  app.route({
    method: "GET",
    url: "/v1/chat/socket",
    schema: { summary: "The socket (WebSocket, sub-protocol chat.v1)" },
    config: {
      policy: {
        auth: "member",
        limit: "read",
        bodyLimit: 1_024,
        timeoutMs: 5_000,
        idempotent: true,
        ticket: true,
      },
    },
    async onRequest(request) {
      if (parts.health.isDraining()) throw new Unavailable();
      credentials.set(request, await identify(request, tickets, verifier));
    },
    handler: async () => {
      throw new UpgradeRequired();
    },
    wsHandler: (ws, request) => {
      serveSocket(deps, ws, credentials.get(request) as Credential);
    },
  });
}
