import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { createWorld, eventually, forAWhile, memberToken } from "@kismet/testing";
import t from "tap";
import { socketRoute, startChat } from "./fake-chat.ts";
import { route, startGateway, startUpstream } from "./fixture.ts";

// Of a busy machine.
t.setTimeout(120_000);

const stalledReaderMs = 500;
const items = Array.from({ length: 20_000 }, (_, i) => ({ number: i }));
const chunk = Buffer.alloc(64 * 1_024, "x");
let streaming = 0;

const world = await createWorld(t);
const chat = await startChat(t);
const matching = await startUpstream(t, (app) => {
  app.get("/v1/whole", async () => ({ items }));
  app.get("/v1/endless", (_request, reply) => {
    void reply.hijack();
    streaming += 1;
    reply.raw.on("close", () => (streaming -= 1));
    const more = () => {
      while (reply.raw.write(chunk));
    };
    reply.raw.on("drain", more);
    more();
  });
});
const gateway = await startGateway(
  t,
  world,
  [socketRoute, route("GET", "/v1/whole", { poll: true }), route("GET", "/v1/endless")],
  { upstreamMatching: [matching.url], upstreamChat: [chat.url], stalledReaderMs, limitScale: 1_000 },
);

/** A connection that asks for this and reads nothing of what comes. */
function ask(...requests: string[]): Socket {
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  socket.pause();
  socket.on("error", () => undefined);
  for (const each of requests) socket.write(`${each}\r\n\r\n`);
  t.teardown(() => socket.destroy());
  return socket;
}
const get = (path: string, ...headers: string[]) =>
  [`GET ${path} HTTP/1.1`, "Host: gateway", ...headers].join("\r\n");

async function metric(pattern: RegExp): Promise<number> {
  return Number(pattern.exec(await gateway.parts.metrics.metrics())?.[1] ?? 0);
}
const inFlight = () => metric(/kismet_http_requests_in_flight\{service="gateway"\} (\d+)/);
const cutOff = () => metric(/kismet_gateway_stalled_total\{service="gateway"\} (\d+)/);

await t.test("A09 a client that stops reading a long answer lets go of the service as well", async (t) => {
  const before = await cutOff();
  for (let i = 0; i < 5; i += 1) ask(get("/v1/endless"));
  await eventually(() => assert.equal(streaming, 5, "they have begun"));
  await eventually(() => assert.equal(streaming, 0, "the service is let go"));
  await eventually(async () => assert.equal(await inFlight(), 0));
  t.equal((await cutOff()) - before, 5);
});

await t.test("A09 a client that stops reading answers that are kept whole is let go", async (t) => {
  const before = await cutOff();
  // What the kernel takes without a reader is more than one of them.
  ask(...Array.from({ length: 40 }, () => get("/v1/whole")));
  await eventually(async () => assert.equal((await cutOff()) - before, 1));
  await eventually(async () => assert.equal(await inFlight(), 0));
  t.equal((await fetch(`${gateway.url}/v1/whole`)).status, 200);
});

await t.test("A09 a refused upgrade and an open socket that nobody reads end too", async (t) => {
  const before = await cutOff();
  const upgrade = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  ask(get("/v1/endless", ...upgrade));
  ask(get("/v1/chat/socket", `Authorization: Bearer ${memberToken(world)}`, ...upgrade));
  await eventually(() => assert.equal(chat.sockets.clients.size, 1));
  for (const client of chat.sockets.clients) client.send(Buffer.alloc(60_000), () => more(client));
  const more = (client: { send(data: Buffer, done: (error?: Error) => void): void }) =>
    client.send(Buffer.alloc(60_000), (error) => void (error || more(client)));
  await eventually(async () => assert.equal((await cutOff()) - before, 2));
  await eventually(() => assert.equal(chat.sockets.clients.size, 0, "and chat is told"));
  await eventually(() => assert.equal(streaming, 0));
  t.equal(await inFlight(), 0);
});

await t.test("a client that reads slowly and steadily gets on, and an idle connection stays", async (t) => {
  const before = await cutOff();
  const idle = ask(get("/v1/nothing"));
  const slow = ask(get("/v1/endless"));
  let bytes = 0;
  // About 10 MB a second, of what could come far faster.
  await forAWhile(() => {
    bytes += (slow.read(Math.min(slow.readableLength, 256 * 1_024)) as Buffer | null)?.length ?? 0;
  }, 5 * stalledReaderMs);
  t.notOk(slow.destroyed, `${bytes} bytes were read`);
  t.equal((await cutOff()) - before, 0);
  let text = "";
  idle.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  idle.resume();
  idle.write(get("/v1/nothing") + "\r\n\r\n");
  await eventually(() => assert.equal(text.match(/HTTP\/1\.1 404 /g)?.length, 2));
  slow.destroy();
  await eventually(() => assert.equal(streaming, 0));
});
