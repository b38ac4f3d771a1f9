import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createWorld, eventually } from "@kismet/testing";
import t, { test, type Test } from "tap";
import { route, startGateway } from "./fixture.ts";

t.setTimeout(120_000);

/** A service in Node's own words, so that it can break off where fastify would not. */
async function startRaw(t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const world = await createWorld(t);
const path = "/v1/things/:id";
const large = randomBytes(3_000_000);
const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
let sentBytes = 0;
let tries = 0;
let isUnending = true;
let hasEnded = false;

const answers: Record<string, RequestListener> = {
  whole: (_request, response) => response.writeHead(200, { "content-type": "text/plain" }).end("all of it"),
  large: (_request, response) => response.writeHead(200, { "content-length": large.length }).end(large),
  chunks: (_request, response) => {
    response.writeHead(200);
    for (let i = 0; i < large.length; i += 70_000) response.write(large.subarray(i, i + 70_000));
    response.end();
  },
  empty: (_request, response) => response.writeHead(204).end(),
  unchanged: (_request, response) => response.writeHead(304, { etag: '"1"' }).end(),
  headers: (_request, response) =>
    response
      .writeHead(200, {
        "set-cookie": ["a=1", "b=2"],
        vary: "accept-language",
        "cache-control": "private",
        server: "hidden",
        "content-security-policy": "default-src 'self'",
      })
      .end("{}"),
  "cut in the body": (_request, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("half", () => response.destroy());
  },
  "cut in chunks": (_request, response) => {
    response.write("half", () => response.destroy());
  },
  "cut before the body": (_request, response) => {
    tries += 1;
    response.writeHead(200, { "content-length": 100 });
    response.flushHeaders();
    setImmediate(() => response.destroy());
  },
  endless: (_request, response) => {
    const chunk = Buffer.alloc(64 * 1_024);
    response.once("close", () => (hasEnded = true));
    const more = () => {
      while (isUnending && !response.destroyed) {
        sentBytes += chunk.length;
        if (!response.write(chunk)) return void response.once("drain", more);
      }
      response.end();
    };
    more();
  },
};
const service = await startRaw(t, (request, response) => {
  const name = decodeURIComponent(request.url?.split("/").at(-1) ?? "");
  answers[name]?.(request, response);
});
const { url } = await startGateway(t, world, [route("GET", path)], { upstreamMatching: [service] });
const get = (name: string) => fetch(`${url}/v1/things/${encodeURIComponent(name)}`);

test("answers pass through as they are: whole, in chunks, large, empty", async (t) => {
  t.equal(await (await get("whole")).text(), "all of it");
  for (const name of ["large", "chunks"])
    t.equal(digest(new Uint8Array(await (await get(name)).arrayBuffer())), digest(large), name);
  for (const [name, status] of [
    ["empty", 204],
    ["unchanged", 304],
  ] as const) {
    const answer = await get(name);
    t.equal(answer.status, status);
    t.equal(await answer.text(), "");
  }
});

test("A43 the service's headers and the edge's become one head", async (t) => {
  const { headers } = await fetch(`${url}/v1/things/headers`);
  t.same(headers.getSetCookie(), ["a=1", "b=2"]);
  t.match(headers.get("vary"), /accept-language/);
  t.equal(headers.get("cache-control"), "private", "what the service says counts");
  t.equal(headers.get("content-security-policy"), "default-src 'self'");
  t.equal(headers.get("server"), null);
  t.ok(headers.get("strict-transport-security"));
  t.ok(headers.get("x-request-id"));
  t.ok(headers.get("ratelimit"));
});

test("an answer that breaks off is never taken for a whole one", async (t) => {
  for (const name of ["cut in the body", "cut in chunks"]) {
    await t.rejects(
      get(name).then((answer) => answer.text()),
      name,
    );
  }
  const none = await get("cut before the body");
  t.equal(none.status, 503, "nothing had been written yet, so there can be a proper answer");
  t.match(await none.json(), { code: "UNAVAILABLE" });
  t.equal(tries, 1, "what has been answered is not asked again");
  t.equal((await get("whole")).status, 200);
});

test("a client that doesn't read holds the service back, and costs no memory", async (t) => {
  const client = connect(Number(new URL(url).port), "127.0.0.1");
  t.teardown(() => client.destroy());
  client.pause();
  client.write("GET /v1/things/endless HTTP/1.1\r\nhost: gateway\r\n\r\n");
  let before = -1;
  await eventually(() => {
    const isStill = sentBytes > 0 && sentBytes === before;
    before = sentBytes;
    assert.ok(isStill, "the service goes on sending");
  });
  t.ok(sentBytes < 32 * 1_024 * 1_024, `${sentBytes} bytes are on their way`);
  const stopped = sentBytes;
  await read(client, 16 * 1_024 * 1_024);
  await eventually(() => assert.ok(sentBytes > stopped, "reading lets it go on"));
  client.destroy();
  await eventually(() => assert.ok(hasEnded, "a client that has gone ends its request"));
  isUnending = false;
});

function read(socket: Socket, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    let left = bytes;
    socket.on("data", (chunk: Buffer) => {
      left -= chunk.length;
      if (left <= 0) resolve();
    });
    socket.resume();
  });
}
