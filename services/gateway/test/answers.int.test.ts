import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { createWorld, memberToken } from "@kismet/testing";
import { loadRouteTable } from "../src/proxy/route-table.ts";
import { test } from "tap";
import { maxWholeBytes } from "../src/answers/whole-answer.ts";
import { route, startGateway, startUpstream } from "./fixture.ts";

const items = (n: number) => ({
  items: Array.from({ length: n }, (_, i) => ({ id: i, name: `Person ${i % 7}` })),
});
const decoders = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
  none: (b: Buffer) => b,
};

type Raw = { status: number; headers: Record<string, string | undefined>; body: Buffer };

/** Without the decoding that `fetch` does. */
function get(url: string, headers: Record<string, string> = {}): Promise<Raw> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers as Raw["headers"],
          body: Buffer.concat(chunks),
        }),
      );
    })
      .on("error", reject)
      .end();
  });
}

const table = [
  route("GET", "/v1/list", { compress: true }),
  route("GET", "/v1/polled", { compress: true, poll: true, auth: "member" }),
  route("GET", "/v1/plain"),
  route("GET", "/v1/session"),
];

test("A36 answers are compressed where it pays, as the client likes it, and nowhere else", async (t) => {
  const world = await createWorld(t);
  let release: () => void = () => undefined;
  const service = await startUpstream(t, (app) => {
    app.get("/v1/list", async (request, reply) => {
      const { size, kind } = request.query as { size?: string; kind?: string };
      if (kind === "picture") return reply.type("image/webp").send(Buffer.alloc(5_000));
      if (kind === "failure") return reply.code(500).send(items(200));
      if (kind === "stream") {
        reply.hijack();
        reply.raw.writeHead(200, { "content-type": "application/json" });
        reply.raw.write("[");
        for (let i = 0; i < 600; i += 1) reply.raw.write(`"${"x".repeat(1_000)}",`);
        await new Promise<void>((resolve) => (release = resolve));
        reply.raw.end('""]');
        return reply;
      }
      return items(Number(size ?? 200));
    });
    app.get("/v1/plain", async () => items(200));
  });
  const { url } = await startGateway(t, world, table, {
    upstreamMatching: [service.url],
    corsOrigins: ["https://app.example"],
  });
  const list = `${url}/v1/list`;
  const expected = JSON.stringify(items(200));
  for (const encoding of ["gzip", "br", "zstd"] as const) {
    const { headers, body } = await get(list, { "accept-encoding": encoding });
    t.equal(headers["content-encoding"], encoding);
    t.equal(headers["content-length"], String(body.length));
    t.ok(body.length < expected.length / 5, `${body.length} of ${expected.length} bytes`);
    t.equal(decoders[encoding](body).toString(), expected);
    t.match(headers["vary"], /accept-encoding/i);
  }
  const origin = { origin: "https://app.example", "accept-encoding": "br;q=0.5, gzip" };
  const cors = (await get(list, origin)).headers;
  t.equal(cors["content-encoding"], "gzip");
  t.match(cors["vary"], /origin.*accept-encoding/i, "both");

  const untouched: [what: string, path: string, accept?: string][] = [
    ["nothing is asked for", "/v1/list"],
    ["refused", "/v1/list", "gzip;q=0, br;q=0, zstd;q=0"],
    ["too small to pay", "/v1/list?size=2", "gzip"],
    ["compressed already", "/v1/list?kind=picture", "gzip"],
    ["a failure", "/v1/list?kind=failure", "gzip"],
    ["not declared", "/v1/plain", "gzip, br, zstd"],
  ];
  for (const [what, path, accept] of untouched) {
    const { headers, body } = await get(
      url + path,
      accept === undefined ? {} : { "accept-encoding": accept },
    );
    t.equal(headers["content-encoding"], undefined, what);
    t.ok(body.length > 0);
    t.equal(/accept-encoding/i.test(headers["vary"] ?? ""), path.startsWith("/v1/list"), `${what}: vary`);
  }

  const streamed = await new Promise<number>((resolve, reject) => {
    httpRequest(`${list}?kind=stream`, { headers: { "accept-encoding": "gzip" } }, (response) => {
      let length = 0;
      t.equal(response.headers["content-encoding"], undefined, "too large to wait for: as it comes");
      response.on("data", (chunk: Buffer) => {
        length += chunk.length;
        // Most of it has come while the service has not ended yet.
        if (length > maxWholeBytes) release();
      });
      response.on("end", () => resolve(length));
    })
      .on("error", reject)
      .end();
  });
  t.equal(streamed, 600 * 1_003 + 4);
});

test("A36 what a client polls it gets once: 304 while it stays the same, its own, and asked about each time", async (t) => {
  const world = await createWorld(t);
  let size = 200;
  const service = await startUpstream(t, (app) =>
    app.get("/v1/polled", async (request, reply) => {
      void reply.header("cache-control", "no-store");
      return { ...items(size), of: String(request.headers.authorization).slice(-8) };
    }),
  );
  const { url } = await startGateway(t, world, table, { upstreamMatching: [service.url] });
  const authorization = `Bearer ${memberToken(world)}`;
  const ask = (headers: Record<string, string> = {}) =>
    get(`${url}/v1/polled`, { authorization, ...headers });
  const first = await ask();
  const tag = first.headers["etag"] ?? assert.fail("no tag");
  t.match(tag, /^W\/"[\w-]{20,}"$/);
  t.equal(first.headers["cache-control"], "private, no-cache");
  t.equal((await ask({ "accept-encoding": "br" })).headers["etag"], tag, "encodings share it, so it is weak");

  const known = await ask({ "if-none-match": `"other", ${tag}`, "accept-encoding": "gzip" });
  t.same([known.status, known.body.length], [304, 0]);
  t.equal(known.headers["etag"], tag);
  t.ok(known.headers["x-request-id"] && known.headers["strict-transport-security"], "A43");
  t.match(known.headers["ratelimit"], /"read-member"/, "it counts");

  size = 201;
  const changed = await ask({ "if-none-match": tag, "accept-encoding": "zstd" });
  t.equal(changed.status, 200);
  t.not(changed.headers["etag"], tag);
  t.match(decoders.zstd(changed.body).toString(), /"id":200/);
  const other = await ask({
    authorization: `Bearer ${memberToken(world)}`,
    "if-none-match": changed.headers["etag"] ?? "",
  });
  t.equal(other.status, 200, "another member's is another");
  t.equal(
    (await ask({ authorization: "Bearer no", "if-none-match": "*" })).status,
    401,
    "who may not ask learns nothing",
  );
});

test("A36 no route of auth, none for credentials, pages, cookies or staff is ever compressed", (t) => {
  const routes = loadRouteTable();
  const compressed = routes.filter(({ policy }) => policy.compress === true);
  t.same(
    compressed.map(({ path }) => path),
    ["/v1/billing/catalogue", "/v1/conversations/:id/messages"],
    "in lists of several people's words one could find out another's by their sizes",
  );
  for (const { service, path, method, policy } of compressed) {
    t.not(service, "auth", path);
    t.equal(method, "GET");
    t.notOk(policy.page || policy.cookie || policy.auth === "staff" || policy.limit === "credential", path);
  }
  t.end();
});
