import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { createWorld, memberToken, type World } from "@kismet/testing";
import t, { test } from "tap";
import { WebSocket } from "ws";
import { socketRoute, startChat } from "./fake-chat.ts";
import { nowhere, startGateway } from "./fixture.ts";

// Of a busy machine.
t.setTimeout(120_000);

function connect(url: string, protocols: string[] = [], headers: Record<string, string> = {}) {
  const socket = new WebSocket(url.replace("http", "ws") + "/v1/chat/socket", protocols, { headers });
  const messages: string[] = [];
  socket.on("message", (data) => messages.push(data.toString()));
  const closed = once(socket, "close").then(([code, reason]) => ({
    code: code as number,
    reason: String(reason),
  }));
  return { socket, messages, closed, opened: once(socket, "open") };
}

/** The status and body with which an upgrade is refused. */
function refusal(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; code: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}/v1/chat/socket`, {
      headers: {
        connection: "upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        ...headers,
      },
    });
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      resolve({ status: 101, code: "" });
    });
    request.on("response", (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, code: (JSON.parse(text) as { code: string }).code }),
      );
    });
    request.on("error", reject).end();
  });
}

const bearer = (world: World) => ({ authorization: `Bearer ${memberToken(world)}` });

test("A02 A03 an upgrade is refused before it is one, with the answer that a request would get", async (t) => {
  const world = await createWorld(t);
  const chat = await startChat(t);
  const { url } = await startGateway(t, world, [socketRoute], {
    upstreamChat: [chat.url],
    corsOrigins: ["https://app.example"],
  });
  const expired = world.signer.token({}, { exp: 1 });
  const forged = `${memberToken(world).slice(0, -4)}AAAA`;
  const table: [string, Record<string, string>, number, string][] = [
    ["forged token", { authorization: `Bearer ${forged}` }, 401, "UNAUTHENTICATED"],
    ["expired token", { authorization: `Bearer ${expired}` }, 401, "UNAUTHENTICATED"],
    [
      "unverified account",
      { authorization: `Bearer ${memberToken(world, { status: "unverified" })}` },
      403,
      "ACCOUNT_NOT_ACTIVE",
    ],
    ["another origin", { ...bearer(world), origin: "https://evil.example" }, 403, "GATEWAY_ORIGIN_REFUSED"],
  ];
  for (const [name, headers, status, code] of table)
    t.same(await refusal(url, headers), { status, code }, name);
  t.equal(chat.seen.length, 0, "chat has not heard of any");
  t.same(await refusal(url, { "sec-websocket-protocol": "chat.v1, ticket.used" }), {
    status: 401,
    code: "CHAT_TICKET_INVALID",
  });
  t.equal((await refusal(url, { ...bearer(world), origin: "https://app.example" })).status, 101);
  const plain = await fetch(`${url}/v1/chat/socket`, { headers: bearer(world) });
  t.equal(plain.status, 426);
});

test("frames, sub-protocol, token and close codes pass both ways", async (t) => {
  const world = await createWorld(t);
  const chat = await startChat(t);
  const { url } = await startGateway(t, world, [socketRoute], { upstreamChat: [nowhere, chat.url] });

  const native = connect(url, ["chat.v1"], { ...bearer(world), "x-request-id": "socket-request" });
  await native.opened;
  t.equal(native.socket.protocol, "chat.v1");
  t.match(chat.seen.at(-1)?.headers, {
    authorization: /^Bearer /,
    "x-request-id": "socket-request",
    "x-forwarded-for": "127.0.0.1",
  });
  native.socket.send("one");
  native.socket.send("x".repeat(60_000));
  native.socket.send("close 4001");
  t.same(await native.closed, { code: 4001, reason: "as you wish" });
  t.same(
    native.messages.map((text) => text.length),
    [5, 3, 60_000],
    "in order, the first one included",
  );

  const browser = connect(url, ["chat.v1", "ticket.abc"]);
  await browser.opened;
  t.match(chat.seen.at(-1)?.headers["sec-websocket-protocol"], /chat\.v1, ?ticket\.abc/);
  const [atChat] = [...chat.sockets.clients].slice(-1);
  const closedAtChat = once(atChat as WebSocket, "close");
  browser.socket.close(4100, "bye");
  const [code, reason] = await closedAtChat;
  t.same([code, String(reason)], [4100, "bye"]);

  const greedy = connect(url, ["chat.v1", "ticket.abc"]);
  await greedy.opened;
  greedy.socket.send("x".repeat(70_000));
  t.equal((await greedy.closed).code, 1009, "too large a frame");
});

test("a chat instance that dies sends its clients elsewhere; A29 so does a gateway that restarts", async (t) => {
  const world = await createWorld(t);
  const chat = await startChat(t);
  const gateway = await startGateway(t, world, [socketRoute], { upstreamChat: [chat.url] });
  const first = connect(gateway.url, ["chat.v1"], bearer(world));
  await first.opened;
  for (const socket of chat.sockets.clients) socket.terminate();
  t.equal((await first.closed).code, 1012);

  const second = connect(gateway.url, ["chat.v1"], bearer(world));
  await second.opened;
  const atChat = [...chat.sockets.clients].map((socket) => once(socket, "close"));
  await gateway.stop();
  t.equal((await second.closed).code, 1012);
  await Promise.all(atChat);
});

test("no chat instance: the upgrade is refused with 503", async (t) => {
  const world = await createWorld(t);
  const { url } = await startGateway(t, world, [socketRoute]);
  t.same(await refusal(url, bearer(world)), { status: 503, code: "UNAVAILABLE" });
});
