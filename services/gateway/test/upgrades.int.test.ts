import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { createWorld, eventually, memberToken } from "@kismet/testing";
import t from "tap";
import { socketRoute, startChat } from "./fake-chat.ts";
import { route, startGateway, startUpstream } from "./fixture.ts";
import { lines } from "./raw.ts";

// Of a busy machine.
t.setTimeout(120_000);

const world = await createWorld(t);
const chat = await startChat(t);
const matching = await startUpstream(t, (app) => {
  app.get("/v1/matches", async () => ({ items: [] }));
  // Never answers.
  app.get("/v1/never", () => new Promise(() => undefined));
  app.get("/v1/long", (_request, reply) => reply.type("text/plain").send("x".repeat(4_000_000)));
});
const gateway = await startGateway(
  t,
  world,
  [
    socketRoute,
    route("GET", "/v1/matches"),
    route("GET", "/v1/never", { timeoutMs: 500 }),
    route("GET", "/v1/long", { timeoutMs: 30_000 }),
  ],
  { upstreamChat: [chat.url], upstreamMatching: [matching.url], limitScale: 1_000 },
);
const bearer = `Authorization: Bearer ${memberToken(world)}`;

const handshake = [
  "Host: gateway",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];
const upgradeOf = (path: string, ...more: string[]) => lines(`GET ${path} HTTP/1.1`, ...handshake, ...more);

type Client = { socket: Socket; text: () => string; hasEnded: () => boolean };

/** A connection that asks for this and never hangs up. */
function open(request: string, url = gateway.url): Client {
  const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1", allowHalfOpen: true });
  let text = "";
  let hasEnded = false;
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  socket.on("end", () => (hasEnded = true));
  socket.on("error", () => (hasEnded = true));
  socket.write(request, "latin1");
  t.teardown(() => socket.destroy());
  return { socket, text: () => text, hasEnded: () => hasEnded };
}

const openConnections = () =>
  new Promise<number>((resolve) => gateway.app.server.getConnections((_error, count) => resolve(count)));

async function gauge(pattern: RegExp): Promise<number> {
  const found = pattern.exec(await gateway.parts.metrics.metrics());
  return Number(found?.[1] ?? Number.NaN);
}
const requestsInFlight = () => gauge(/kismet_http_requests_in_flight\{service="gateway"\} (\d+)/);
const atMatching = () => gauge(/kismet_upstream_concurrency\{upstream="matching",of="in_flight"\S* (\d+)/);

/** Those that it opened itself to see whether it serves. */
const ownConnections = await openConnections();

/** Nothing of any request is left, though no client has hung up. */
async function nothingIsHeld(): Promise<void> {
  await eventually(async () => {
    const connections = (await openConnections()) - ownConnections;
    const held = [await requestsInFlight(), await atMatching(), Math.max(0, connections)];
    assert.deepEqual(held, [0, 0, 0], `requests, visits, connections: ${held.join()}`);
  });
}

await t.test("A09 a refused upgrade is let go, though its client never hangs up", async (t) => {
  const rows: [what: string, request: string, status: number][] = [
    ["a forged token", upgradeOf("/v1/chat/socket", `${bearer.slice(0, -4)}AAAA`), 401],
    ["refused by chat", upgradeOf("/v1/chat/socket", "Sec-WebSocket-Protocol: chat.v1, ticket.used"), 401],
    ["no socket at all", upgradeOf("/v1/matches"), 200],
    ["nothing there", upgradeOf("/v1/nothing"), 404],
    ["out of time before it begins", upgradeOf("/v1/matches", "X-Deadline-Ms: 0"), 504],
    ["out of time at the service", upgradeOf("/v1/never", "X-Deadline-Ms: 50"), 504],
  ];
  const clients = rows.map(([what, request, status]) => ({ what, status, ...open(request) }));
  for (const { what, status, text, hasEnded } of clients) {
    await eventually(() => assert.ok(hasEnded(), `${what}: the gateway has ended it`));
    t.match(text(), new RegExp(`^HTTP/1\\.1 ${status} `), `${what}: ${status}`);
  }
  await nothingIsHeld();
});

await t.test("A09 many upgrades that run out of time take no place from others", async () => {
  const clients = Array.from({ length: 250 }, () => open(upgradeOf("/v1/matches", "X-Deadline-Ms: 2")));
  for (const { hasEnded } of clients)
    await eventually(() => assert.ok(hasEnded(), "the gateway has ended it"));
  const plain = open(lines("GET /v1/matches HTTP/1.1", "Host: gateway", "Connection: close"));
  await eventually(() => assert.match(plain.text(), /^HTTP\/1\.1 200 /));
  await nothingIsHeld();
});

await t.test("a long answer to what only looks like an upgrade comes whole", async (t) => {
  const { text, hasEnded } = open(upgradeOf("/v1/long"));
  await eventually(() => assert.ok(hasEnded(), `${text().length} bytes have come`));
  t.equal(text().split("\r\n\r\n")[1]?.length, 4_000_000);
  await nothingIsHeld();
});

await t.test("A09 a client that leaves in the middle of its upgrade leaves no device at chat", async (t) => {
  const hangUps: [what: string, hangUp: (socket: Socket) => void][] = [
    ["with a FIN", (socket) => void socket.end()],
    ["with a reset", (socket) => void socket.resetAndDestroy()],
  ];
  for (const [what, hangUp] of hangUps) {
    for (const isKnown of [true, false]) {
      const held: (() => void)[] = [];
      let hasClosed = false;
      chat.hold = (go, socket) => {
        held.push(go);
        socket.on("close", () => (hasClosed = true));
      };
      const { socket } = open(upgradeOf("/v1/chat/socket", bearer));
      await eventually(() => assert.equal(held.length, 1, "the service is being asked"));
      hangUp(socket);
      // Either it has been noticed when chat answers, or both come at once.
      if (isKnown) await nothingIsHeld();
      held[0]?.();
      await eventually(() => assert.ok(hasClosed, `${what}: chat's connection is closed`));
      await eventually(() => assert.equal(chat.sockets.clients.size, 0, `${what}: no device is left`));
      await nothingIsHeld();
    }
  }
  chat.hold = undefined;
  t.equal(await gauge(/kismet_gateway_sockets\{service="gateway"\} (\d+)/), 0);
});

/** A client's text frame, masked with nothing. */
function frame(text: string): string {
  return `\u0081${String.fromCharCode(0x80 | text.length)}\0\0\0\0${text}`;
}

await t.test("a client that speaks before it is answered is heard, within bounds", async (t) => {
  let held: (() => void) | undefined;
  chat.hold = (go) => (held ??= go);
  const early = open(upgradeOf("/v1/chat/socket", bearer) + frame("one"));
  await eventually(() => assert.ok(held, "the service is being asked"));
  early.socket.write(frame("two"), "latin1");
  const flood = open(upgradeOf("/v1/chat/socket", bearer));
  flood.socket.write(Buffer.alloc(1_000_000));
  await eventually(() => assert.ok(flood.hasEnded(), "whoever says too much is cut off"));
  chat.hold = undefined;
  held?.();
  await eventually(() => assert.match(early.text(), /^HTTP\/1\.1 101 [\s\S]*hello[\s\S]*one[\s\S]*two$/));
  early.socket.destroy();
  await nothingIsHeld();
  t.equal(chat.sockets.clients.size, 0);
});

await t.test(
  "an upgrade that is accepted is over as a request, counted and no longer in flight",
  async (t) => {
    const before = await answered(101);
    const { socket, text } = open(upgradeOf("/v1/chat/socket", bearer));
    await eventually(() => assert.match(text(), /hello/));
    t.equal(await requestsInFlight(), 0);
    t.equal((await answered(101)) - before, 1);
    t.equal(await gauge(/kismet_gateway_sockets\{service="gateway"\} (\d+)/), 1);
    socket.destroy();
    await nothingIsHeld();
  },
);

async function answered(status: number): Promise<number> {
  const metrics = await gateway.parts.metrics.metrics();
  const line = metrics
    .split("\n")
    .find(
      (each) =>
        each.startsWith("kismet_http_requests_total") &&
        each.includes(`"/v1/chat/socket"`) &&
        each.includes(`status="${status}"`),
    );
  return Number(line?.split(" ").at(-1) ?? 0);
}

await t.test("protocols that are none are refused before anybody is asked", async (t) => {
  const asked = chat.seen.length;
  for (const offered of [
    "chat.v1, chat.v1",
    "chat.v1,",
    "",
    "chat v1",
    "chat.v1, a/b",
    "chät",
    '"chat.v1"',
  ]) {
    const { text, hasEnded } = open(
      upgradeOf("/v1/chat/socket", bearer, `Sec-WebSocket-Protocol: ${offered}`),
    );
    await eventually(() => assert.ok(hasEnded(), offered));
    t.match(text(), /^HTTP\/1\.1 400 [\s\S]*VALIDATION_FAILED/, JSON.stringify(offered));
  }
  t.equal(chat.seen.length, asked);
  await nothingIsHeld();
});

await t.test(
  "A09 A23 an upgrade is held to its deadline, and a service's Retry-After is passed on",
  async (t) => {
    const later = open(upgradeOf("/v1/chat/socket", "Sec-WebSocket-Protocol: chat.v1, ticket.later"));
    await eventually(() => assert.match(later.text(), /^HTTP\/1\.1 503 [\s\S]*\r\nretry-after: 7\r\n/i));

    let asked = 0;
    chat.hold = () => (asked += 1);
    const begin = performance.now();
    const late = open(upgradeOf("/v1/chat/socket", bearer, "X-Deadline-Ms: 400"));
    await eventually(() => assert.match(late.text(), /^HTTP\/1\.1 504 [\s\S]*DEADLINE_EXCEEDED/));
    t.ok(
      performance.now() - begin < 2_500,
      "no later than it wanted, rather than after the patience with each address",
    );
    t.equal(asked, 1);
    chat.hold = undefined;
    await nothingIsHeld();
  },
);

await t.test(
  "A37 an address has so many sockets, and so has the process: refused before chat is asked",
  async (t) => {
    const narrow = await startGateway(t, world, [socketRoute], {
      upstreamChat: [chat.url],
      trustedProxies: ["127.0.0.1"],
      maxSocketsPerAddress: 2,
      maxSockets: 3,
      limitScale: 1_000,
    });
    const from = (address: string) =>
      open(upgradeOf("/v1/chat/socket", bearer, `X-Forwarded-For: ${address}`), narrow.url);
    const isOpen = async (client: Client) => eventually(() => assert.match(client.text(), /hello/));
    const isRefused = async (client: Client, answer: RegExp) => {
      const asked = chat.seen.length;
      await eventually(() => assert.match(client.text(), answer));
      t.match(client.text(), /\r\nretry-after: \d+\r\n/i);
      t.equal(chat.seen.length, asked, "chat has not been asked");
    };
    const tooMany = /^HTTP\/1\.1 429 [\s\S]*GATEWAY_TOO_MANY_SOCKETS/;

    const first = from("2001:db8:1:2::1");
    await isOpen(first);
    const second = from("2001:db8:1:2::2");
    await isOpen(second);
    await isRefused(from("2001:db8:1:2:ffff::3"), tooMany);
    const another = from("203.0.113.1");
    await isOpen(another);
    await isRefused(from("203.0.113.2"), /^HTTP\/1\.1 503 [\s\S]*OVERLOADED/);

    first.socket.destroy();
    // Those who leave before they have got in take no seat along.
    for (let i = 0; i < 20; i += 1) {
      const { socket } = from("203.0.113.1");
      socket.on("connect", () => socket.resetAndDestroy());
    }
    await eventually(() => assert.equal(chat.sockets.clients.size, 2));
    await eventually(async () => {
      const again = from("2001:db8:1:2::9");
      await eventually(() => assert.match(again.text(), /\r\n\r\n/));
      assert.match(again.text(), /^HTTP\/1\.1 101 /);
    });
    await isRefused(from("2001:db8:1:2::1"), tooMany);
    for (const client of chat.sockets.clients) client.terminate();
  },
);
