import assert from "node:assert/strict";
import { createWorld, eventually, memberToken } from "@kismet/testing";
import { Readable } from "node:stream";
import t, { type Test } from "tap";
import { route, startGateway, startUpstream } from "./fixture.ts";
import { exchange, lines, startWitness, type Understood } from "./raw.ts";

t.setTimeout(120_000);

const world = await createWorld(t);
const witness = await startWitness(t);
let archived = 0;
/** An answer without end, and how much of it was fetched. */
const archive = await startUpstream(t, (app) => {
  app.get("/v1/archive", (_request, reply) => {
    const endless = new Readable({
      read() {
        archived += 65_536;
        this.push(Buffer.alloc(65_536));
      },
    });
    void reply.type("application/zip").send(endless);
  });
});
const { url, parts } = await startGateway(
  t,
  world,
  [
    route("GET", "/v1/things"),
    route("GET", "/v1/things/:id"),
    route("POST", "/v1/things"),
    route("DELETE", "/v1/things"),
    route("POST", "/v1/large", { bodyLimit: 1_000_000 }),
    route("GET", "/v1/listed", { compress: true, poll: true }),
    route("GET", "/v1/returned", { crossSite: true }),
    route("GET", "/v1/archive", {}, "profile"),
    route("GET", "/v1/mine", { auth: "member" }),
    route("GET", "/v1/admin", { auth: "staff", roles: ["support"] }),
    { ...route("GET", "/v1/socket", {}, "chat"), websocket: true },
  ],
  {
    upstreamMatching: [witness.url],
    upstreamProfile: [archive.url],
    limitScale: 1_000,
    headersTimeoutMs: 400,
    requestTimeoutMs: 900,
  },
);

const host = "Host: gateway";
const close = "Connection: close";
const smuggled = "GET /v1/things/smuggled HTTP/1.1\r\nHost: gateway\r\n\r\n";
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const post = (...headers: string[]) => lines("POST /v1/things HTTP/1.1", host, ...headers);

type Row = [what: string, parts: string[], statuses: number[], seen: number];

/** What one of them understands is what the other does: as many requests, none with two lengths, none smuggled in. */
async function holdTable(t: Test, rows: Row[]): Promise<void> {
  for (const [what, sent, statuses, count] of rows) {
    const heard = await exchange(url, sent);
    const understood = witness.understood();
    t.ok(heard.ended, `${what}: ends (${Math.round(heard.ms)} ms)`);
    t.same(heard.statuses, statuses, `${what}: is answered ${statuses.join()}`);
    t.equal(understood.length, count, `${what}: reaches the service ${count} times`);
    t.notOk(
      understood.some(({ url: seen }) => seen.includes("smuggled")),
      `${what}: nothing is smuggled`,
    );
    t.same(faultsOf(understood, witness.bytes()), [], `${what}: what reaches it is plain`);
    if (statuses.some((status) => status >= 400)) holdsRefusal(t, what, heard.text);
  }
}

function holdsRefusal(t: Test, what: string, text: string): void {
  t.match(text, /content-type: application\/problem\+json/i, `${what}: a problem`);
  t.match(text, /x-request-id: [\w-]{8,}/i, `${what}: with a request id`);
  t.match(text, /x-content-type-options: nosniff/i, `${what}: and security headers`);
}

function faultsOf(understood: Understood[], bytes: string): string[] {
  const heads = bytes
    .split(/(?=^[A-Z]+ \S+ HTTP\/1\.1\r\n)/m)
    .map((text) => text.split("\r\n\r\n", 1)[0] ?? "");
  const faults = heads.filter(
    (head) => (head.match(/^(content-length|transfer-encoding):/gim) ?? []).length > 1,
  );
  for (const { method, rawHeaders } of understood) {
    const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
    for (const name of [
      "host",
      "x-request-id",
      "traceparent",
      "x-deadline-ms",
      "x-forwarded-for",
      "authorization",
    ])
      if (names.filter((each) => each === name).length > 1) faults.push(`${method}: ${name} twice`);
  }
  return faults;
}

await t.test("smuggling: where a request ends is nobody's guess", async (t) => {
  const both = (te: string, body: string) => [
    post(close, "Content-Length: 4", `Transfer-Encoding: ${te}`) + body,
  ];
  await holdTable(t, [
    ["a good one", [post(close, "Content-Type: application/json", "Content-Length: 2") + "{}"], [200], 1],
    [
      "a good one in chunks",
      [post(close, "Transfer-Encoding: chunked") + chunk("{}") + "0\r\n\r\n"],
      [200],
      1,
    ],
    ["CL.TE", both("chunked", `0\r\n\r\n${smuggled}`), [400], 0],
    ["TE.CL", [post("Transfer-Encoding: chunked", "Content-Length: 4") + `5c\r\n${smuggled}`], [400], 0],
    ["TE.TE", both("chunked\r\nTransfer-Encoding: x", `0\r\n\r\n${smuggled}`), [400], 0],
    [
      "TE twice",
      [post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + `0\r\n\r\n${smuggled}`],
      [400],
      0,
    ],
    ["TE x", [post("Transfer-Encoding: xchunked") + smuggled], [400], 0],
    ["TE identity", [post("Transfer-Encoding: identity") + smuggled], [400], 0],
    [
      "TE chunked, identity",
      [post("Transfer-Encoding: chunked, identity") + `0\r\n\r\n${smuggled}`],
      [400],
      0,
    ],
    ["TE gzip, chunked", [post(close, "Transfer-Encoding: gzip, chunked") + `0\r\n\r\n`], [400], 0],
    [
      "TE with a tab",
      [post("Transfer-Encoding:\tchunked", "Content-Length: 4") + `0\r\n\r\n${smuggled}`],
      [400],
      0,
    ],
    [
      "TE with a space before the colon",
      [post("Transfer-Encoding : chunked") + `0\r\n\r\n${smuggled}`],
      [400],
      0,
    ],
    ["TE with a vertical tab", [post("Transfer-Encoding: \u000bchunked") + `0\r\n\r\n${smuggled}`], [400], 0],
    [
      "TE in HTTP/1.0",
      [lines("POST /v1/things HTTP/1.0", host, "Transfer-Encoding: chunked") + `0\r\n\r\n${smuggled}`],
      [400],
      0,
    ],
    ["CL twice, the same", [post("Content-Length: 2", "Content-Length: 2") + "{}"], [400], 0],
    ["CL twice", [post("Content-Length: 2", "Content-Length: 40") + `{}${smuggled}`], [400], 0],
    ["CL in a list", [post("Content-Length: 2, 2") + "{}"], [400], 0],
    ["CL negative", [post("Content-Length: -1") + smuggled], [400], 0],
    ["CL with a sign", [post("Content-Length: +2") + "{}"], [400], 0],
    ["CL in hex", [post("Content-Length: 0x2") + "{}"], [400], 0],
    ["CL that overflows", [post("Content-Length: 18446744073709551618") + "{}"], [400], 0],
    ["CL empty", [post("Content-Length: ") + smuggled], [400], 0],
    ["bare LF everywhere", [`GET /v1/things HTTP/1.1\nHost: gateway\n\n`], [400], 0],
    [
      "a header that ends in a bare LF",
      [`GET /v1/things HTTP/1.1\r\nHost: gateway\nX-A: 1\r\n\r\n`],
      [400],
      0,
    ],
    ["a bare CR in a header", [lines("GET /v1/things HTTP/1.1", host, "X-A: 1\rX-B: 2")], [400], 0],
    ["a NUL in a header", [lines("GET /v1/things HTTP/1.1", host, "X-A: 1\u00002")], [400], 0],
    ["obs-fold", [lines("GET /v1/things HTTP/1.1", host, "X-A: 1\r\n 2")], [400], 0],
    ["a space before the first header", [lines("GET /v1/things HTTP/1.1", " X-A: 1", host)], [400], 0],
    ["a header without a name", [lines("GET /v1/things HTTP/1.1", host, ": 1")], [400], 0],
    ["a header name with a space", [lines("GET /v1/things HTTP/1.1", host, "X A: 1")], [400], 0],
    ["a chunk extension", [post(close, "Transfer-Encoding: chunked") + "2;a=b\r\n{}\r\n0\r\n\r\n"], [200], 1],
    [
      "a chunk extension with a bare LF",
      [post("Transfer-Encoding: chunked") + `2;a\n{}\r\n0\r\n\r\n${smuggled}`],
      [400],
      0,
    ],
    [
      "chunk extensions without end",
      [post("Transfer-Encoding: chunked") + `2;${"a".repeat(20_000)}\r\n{}\r\n0\r\n\r\n`],
      [400],
      0,
    ],
    [
      "a chunk size that overflows",
      [post("Transfer-Encoding: chunked") + "FFFFFFFFFFFFFFFFFF\r\n{}"],
      [400],
      0,
    ],
    ["a chunk size with a sign", [post("Transfer-Encoding: chunked") + "+2\r\n{}\r\n0\r\n\r\n"], [400], 0],
    ["a chunk size in 0x", [post("Transfer-Encoding: chunked") + "0x2\r\n{}\r\n0\r\n\r\n"], [400], 0],
    [
      "a chunk longer than it says",
      [post("Transfer-Encoding: chunked") + "2\r\n{}more\r\n0\r\n\r\n"],
      [400],
      0,
    ],
    ["a chunk that ends in a bare LF", [post("Transfer-Encoding: chunked") + "2\n{}\n0\n\n"], [400], 0],
    [
      "trailers",
      [
        post(close, "Transfer-Encoding: chunked", "Trailer: x-forwarded-for") +
          `${chunk("{}")}0\r\nx-forwarded-for: 6.6.6.6\r\n\r\n`,
      ],
      [200],
      1,
    ],
    [
      "a body with a GET",
      [lines("GET /v1/things HTTP/1.1", host, close, "Content-Length: 2") + "{}"],
      [200],
      1,
    ],
    [
      "a smuggled one in a GET's body",
      [lines("GET /v1/things HTTP/1.1", host, close, `Content-Length: ${smuggled.length}`) + smuggled],
      [200],
      1,
    ],
    [
      "two, pipelined",
      [lines("GET /v1/things HTTP/1.1", host) + lines("GET /v1/things HTTP/1.1", host, close)],
      [200, 200],
      2,
    ],
    ["a good and a bad one, pipelined", [lines("GET /v1/nothing HTTP/1.1", host) + "garbage\r\n\r\n"], [], 0],
    ["an HTTP/2 preface", ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], [400], 0],
    ["no HTTP at all", ["\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc"], [400], 0],
    ["HTTP/0.9", ["GET /v1/things\r\n\r\n"], [400], 0],
    ["HTTP/1.2", [lines("GET /v1/things HTTP/1.2", host)], [400], 0],
    ["HTTP/1.0", [lines("GET /v1/things HTTP/1.0", host)], [200], 1],
    ["HTTP/1.0 without Host", [lines("GET /v1/things HTTP/1.0")], [200], 1],
  ]);
});

await t.test("addresses and hosts: one spelling, or none", async (t) => {
  const get = (target: string, ...more: string[]) => lines(`GET ${target} HTTP/1.1`, host, close, ...more);
  const refused = (what: string, text: string, status: number): Row => [what, [text], [status], 0];
  const odd: [string, number][] = [
    ["//v1/things", 404],
    ["/v1//things", 404],
    ["/v1/things/", 200],
    ["/v1/./things", 400],
    ["/v1/../v1/things", 400],
    ["/v1/things/..", 400],
    ["/v1/things/.", 400],
    ["/v1/things/%2e%2e", 400],
    ["/v1/things/%2E%2e/things", 400],
    ["/v1/things/.%2e", 400],
    ["/v1/things/%2e", 400],
    ["/v1/things/..%2fadmin", 400],
    ["/v1/things/a%2fb", 400],
    ["/v1/things/a%5cb", 400],
    ["/v1/things/a\\b", 400],
    ["/v1\\things", 400],
    ["/v1/things/%00", 400],
    ["/v1/things/a%0d%0ax-evil:1", 400],
    ["/v1/things/%c0%ae%c0%ae", 400],
    ["/v1/things/%ff", 400],
    ["/v1/things/%zz", 400],
    ["/v1/things/%", 400],
    ["/v1/things/%252e%252e", 200],
    ["/v1/things;a=1", 404],
    ["/v1/things;/../admin", 400],
    ["/V1/things", 404],
    ["/v1/Things", 404],
    ["/v1/thing%73", 200],
    ["/v1/%61dmin", 401],
    ["/v1/things#fragment", 400],
    ["/v1/things/<b>", 400],
    ["/v1/things/a|b", 400],
    ["/v1/things/\u00e9", 400],
    ["*", 400],
    ["v1/things", 400],
    ["http://evil.example/v1/things", 400],
    ["http://gateway/v1/things", 400],
    ["//evil.example/v1/things", 404],
    ["gateway:443", 400],
  ];
  await holdTable(t, [
    ...odd.map(([target, status]): Row => [
      `GET ${JSON.stringify(target)}`,
      [get(target)],
      [status],
      status === 200 ? 1 : 0,
    ]),
    refused("no Host", lines("GET /v1/things HTTP/1.1", close), 400),
    refused("Host twice", lines("GET /v1/things HTTP/1.1", host, "Host: evil", close), 400),
    refused("Host twice, the same", lines("GET /v1/things HTTP/1.1", host, host, close), 400),
    refused("an empty Host", lines("GET /v1/things HTTP/1.1", "Host: ", close), 400),
    refused("a Host with a path", lines("GET /v1/things HTTP/1.1", "Host: a/b", close), 400),
    refused("a Host with a user", lines("GET /v1/things HTTP/1.1", "Host: a@b", close), 400),
    refused("a Host with a space", lines("GET /v1/things HTTP/1.1", "Host: a b", close), 400),
    refused(
      "Authorization twice",
      get("/v1/mine", "Authorization: Bearer a", "Authorization: Bearer b"),
      400,
    ),
    refused(
      "Content-Type twice",
      post(close, "Content-Type: a/b", "Content-Type: c/d", "Content-Length: 0"),
      400,
    ),
    refused("Origin twice", get("/v1/things", "Origin: http://a", "Origin: http://b"), 400),
    refused("x-request-id twice", get("/v1/things", "x-request-id: aaaaaaaa", "x-request-id: bbbbbbbb"), 400),
    refused("101 headers", get("/v1/things", ...Array.from({ length: 101 }, (_, i) => `x-${i}: 1`)), 431),
    refused("3000 headers", get("/v1/things", ...Array.from({ length: 3_000 }, () => "a:")), 431),
    refused("a header of 20 kB", get("/v1/things", `x-a: ${"a".repeat(20_000)}`), 431),
    refused("an address of 20 kB", get(`/v1/things/${"a".repeat(20_000)}`), 431),
    ["a parameter that is too long", [get(`/v1/things/${"a".repeat(300)}`)], [400], 0],
    refused("TRACE", lines("TRACE /v1/things HTTP/1.1", host, close), 405),
    ["CONNECT", [lines("CONNECT /v1/things HTTP/1.1", host, close)], [], 0],
    refused("a method of its own", lines("STEAL /v1/things HTTP/1.1", host, close), 400),
    refused("a method in small letters", lines("get /v1/things HTTP/1.1", host, close), 400),
  ]);
});

await t.test(
  "what a client claims of itself reaches no service, and strips nothing that the gateway adds",
  async (t) => {
    const token = memberToken(world);
    const claims = [
      "x-forwarded-for: 6.6.6.6",
      "x-forwarded-host: evil.example",
      "x-forwarded-proto: gopher",
      "x-forwarded-port: 1",
      "x-forwarded-prefix: /admin",
      "forwarded: for=6.6.6.6",
      "x-real-ip: 6.6.6.6",
      "x-client-ip: 6.6.6.6",
      "true-client-ip: 6.6.6.6",
      "cf-connecting-ip: 6.6.6.6",
      "via: 1.1 evil",
      "x-original-url: /v1/admin",
      "x-rewrite-url: /v1/admin",
      "x-http-method-override: DELETE",
      "x-http-method: DELETE",
      "x-method-override: DELETE",
      "tracestate: evil=1",
      "baggage: member=1",
      "x-deadline-ms: 999999999",
      "te: trailers",
      "proxy-authorization: Basic eA==",
      "proxy-connection: keep-alive",
      "keep-alive: timeout=999",
      "cookie: session=1",
      "x-secret: 1",
    ];
    const named =
      "connection: close, authorization, x-request-id, x-forwarded-for, x-deadline-ms, traceparent, host, x-secret";
    const heard = await exchange(url, [
      lines(
        "GET /v1/mine HTTP/1.1",
        host,
        named,
        `authorization: Bearer ${token}`,
        "x-request-id: of-the-client",
        ...claims,
      ),
    ]);
    t.same(heard.statuses, [200]);
    const [seen] = witness.understood();
    const headers = new Map<string, string>();
    for (let i = 0; i < (seen?.rawHeaders.length ?? 0); i += 2)
      headers.set((seen?.rawHeaders[i] ?? "").toLowerCase(), seen?.rawHeaders[i + 1] ?? "");
    t.equal(headers.get("authorization"), `Bearer ${token}`);
    t.equal(headers.get("x-request-id"), "of-the-client");
    t.equal(headers.get("x-forwarded-for"), "127.0.0.1");
    t.equal(headers.get("x-forwarded-host"), "gateway");
    t.equal(headers.get("x-forwarded-proto"), "http");
    t.ok(Number(headers.get("x-deadline-ms")) <= 2_000);
    t.match(headers.get("traceparent"), /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
    const sent = new Set(claims.map((claim) => claim.split(":")[0]));
    const kept = [...headers.keys()].filter(
      (name) =>
        sent.has(name) &&
        !["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-deadline-ms"].includes(name),
    );
    t.same(kept, [], "the rest is gone");
    t.notMatch(witness.bytes(), /6\.6\.6\.6|evil|DELETE|gopher/);

    for (const bad of ["short", "a".repeat(65), "with space1", "semi;colon", "line%0d%0a1", "<script>1"]) {
      const { text } = await exchange(url, [
        lines("GET /v1/things HTTP/1.1", host, close, `x-request-id: ${bad}`),
      ]);
      const id = /x-request-id: (.*)\r/i.exec(text)?.[1] ?? "";
      t.match(id, /^[0-9a-f-]{36}$/, `x-request-id ${bad.slice(0, 20)} is replaced`);
    }
    for (const bad of [
      "00-0-0-01",
      "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      `00-${"0".repeat(32)}-${"0".repeat(16)}-01`,
      "x".repeat(900),
    ])
      await exchange(url, [lines("GET /v1/things HTTP/1.1", host, close, `traceparent: ${bad}`)]);
    for (const { rawHeaders } of witness.understood().slice(-4)) {
      const traceparent = rawHeaders[rawHeaders.findIndex((name) => name === "traceparent") + 1] ?? "";
      t.match(
        traceparent,
        /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/,
        "a traceparent that is none begins a trace",
      );
    }
    witness.bytes();
  },
);

await t.test("slow and half-closed clients are let go in time, and hold nobody up", async (t) => {
  const slowHead = ["GET /v1/things HTTP/1.1\r\n", "Host: gateway\r\n", "X-A: 1\r\n"];
  const slow = Array.from({ length: 50 }, () => exchange(url, slowHead));
  const quick = await exchange(url, [lines("GET /v1/things HTTP/1.1", host, close)]);
  t.same(quick.statuses, [200], "others are served meanwhile");
  for (const heard of await Promise.all(slow)) {
    t.same([heard.statuses, heard.ended], [[408], true]);
    t.ok(heard.ms < 3_000, `after ${heard.ms} ms`);
    holdsRefusal(t, "a slow head", heard.text);
  }
  witness.understood();
  const rows: [what: string, head: string][] = [
    ["held", post("Content-Length: 10") + "12"],
    ["in chunks", post("Transfer-Encoding: chunked") + "5\r\n12"],
  ];
  for (const [what, head] of rows) {
    const heard = await exchange(url, [head]);
    t.same([heard.statuses, heard.ended], [[408], true], `a slow body, ${what}`);
    t.equal(witness.understood().length, 0, `a slow body, ${what}: the service hears nothing`);
  }
  const streamed = lines("POST /v1/large HTTP/1.1", host, "Content-Length: 200000") + "x".repeat(1_000);
  const cut = await exchange(url, [streamed]);
  t.ok(cut.ended && !cut.statuses.includes(200), `a slow body that streams ends too: ${cut.statuses.join()}`);
  for (const sent of [lines("GET /v1/things HTTP/1.1", host), post("Content-Length: 10") + "12", "GET /v1"]) {
    const heard = await exchange(url, [sent], { halfClose: true });
    t.ok(heard.ended, `half-closed after ${JSON.stringify(sent.slice(-12))}: ends`);
  }
  t.ok(
    witness.understood().every(({ body }) => body === ""),
    "no half of a body is passed on as one",
  );
  const silent = await exchange(url, []);
  t.ok(silent.ended, "a client that says nothing is let go");
  await eventually(async () => {
    assert.match(await parts.metrics.metrics(), /kismet_http_requests_in_flight\{service="gateway"\} 0/);
  });
  witness.bytes();
});

await t.test("expectations and upgrades: what isn't a WebSocket stays a request", async (t) => {
  const ws = (...more: string[]) => ["Connection: Upgrade", "Upgrade: websocket", ...more];
  const good = ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
  const socket = (...headers: string[]) => lines("GET /v1/socket HTTP/1.1", host, ...headers);
  const h2c = [
    "Connection: Upgrade, HTTP2-Settings, close",
    "Upgrade: h2c",
    "HTTP2-Settings: AAMAAABkAAQAAP__",
  ];
  const passedOver = ws("Connection: close", ...good);
  for (const headers of [h2c, passedOver]) {
    await exchange(url, [lines("POST /v1/things HTTP/1.1", host, ...headers, "Content-Length: 2") + "{}"]);
    t.same(
      witness.understood().map(({ body }) => body),
      ["{}"],
      `the body of a request that is not upgraded to ${headers[1]?.slice(9)} is its body`,
    );
  }
  witness.bytes();
  await holdTable(t, [
    ["100-continue", [post(close, "Expect: 100-continue", "Content-Length: 2"), "{}"], [100, 200], 1],
    ["100-continue, too large", [post(close, "Expect: 100-continue", "Content-Length: 2000")], [100, 413], 0],
    ["another expectation", [lines("GET /v1/things HTTP/1.1", host, close, "Expect: wonders")], [200], 1],
    ["h2c", [lines("GET /v1/things HTTP/1.1", host, ...h2c)], [200], 1],
    [
      "h2c with a body",
      [lines("POST /v1/things HTTP/1.1", host, ...h2c, "Content-Length: 2") + "{}"],
      [200],
      1,
    ],
    [
      "a POST that would be a socket",
      [
        lines("POST /v1/things HTTP/1.1", host, ...ws("Connection: close", ...good), "Content-Length: 2") +
          "{}",
      ],
      [200],
      1,
    ],
    ["a socket where there is none", [lines("GET /v1/things HTTP/1.1", host, ...ws(...good))], [200], 1],
    ["a socket where nothing is", [lines("GET /v1/nothing HTTP/1.1", host, ...ws(...good))], [404], 0],
    ["version 8", [socket(...ws("Sec-WebSocket-Version: 8", good[1] ?? ""))], [426], 0],
    ["no version", [socket(...ws(good[1] ?? ""))], [426], 0],
    ["no key", [socket(...ws(good[0] ?? ""))], [400], 0],
    ["a short key", [socket(...ws(good[0] ?? "", "Sec-WebSocket-Key: AAAA"))], [400], 0],
    ["two keys", [socket(...ws(...good, good[1] ?? ""))], [400], 0],
    ["a body with the upgrade", [socket(...ws(...good, "Content-Length: 3")) + "abc"], [400], 0],
    [
      "chunks with the upgrade",
      [socket(...ws(...good, "Transfer-Encoding: chunked")) + "0\r\n\r\n"],
      [400],
      0,
    ],
    ["a smuggled one behind the upgrade", [socket(...ws(...good)) + smuggled], [503], 0],
    ["no upgrade at all", [socket(close)], [426], 0],
    ["an upgrade that Connection doesn't name", [socket(close, "Upgrade: websocket", ...good)], [426], 0],
    ["a POST to the socket", [lines("POST /v1/socket HTTP/1.1", host, close, "Content-Length: 0")], [405], 0],
  ]);
});

await t.test("A36 HEAD is GET without its body: the same rules, the same headers", async (t) => {
  const head = (path: string, ...more: string[]) => lines(`HEAD ${path} HTTP/1.1`, host, ...more);
  const get = (path: string, ...more: string[]) => lines(`GET ${path} HTTP/1.1`, host, ...more);
  const bearer = `Authorization: Bearer ${memberToken(world)}`;
  await holdTable(t, [
    ["HEAD", [head("/v1/things", close)], [200], 1],
    ["HEAD and GET, pipelined", [head("/v1/things") + get("/v1/things", close)], [200, 200], 2],
    ["HEAD with a body", [head("/v1/things", close, "Content-Length: 2") + "{}"], [200], 1],
    [
      "a smuggled one in a HEAD's body",
      [head("/v1/things", close, `Content-Length: ${smuggled.length}`) + smuggled],
      [200],
      1,
    ],
    ["HEAD without a token", [head("/v1/mine", close)], [401], 0],
    ["HEAD by a member", [head("/v1/mine", close, bearer)], [200], 1],
    ["HEAD where nothing is", [head("/v1/nothing", close)], [404], 0],
    ["HEAD of what is sent only", [head("/v1/large", close)], [405], 0],
    ["HEAD of where other sites send browsers", [head("/v1/returned", close)], [405], 0],
    ["HEAD of a socket", [head("/v1/socket", close)], [405], 0],
  ]);
  const named = (text: string) =>
    [...(text.split("\r\n\r\n", 1)[0] ?? "").matchAll(/^([\w-]+): (.*)\r?$/gm)]
      .map(([, name = "", value = ""]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => !["date", "x-request-id", "ratelimit", "content-length", "etag"].includes(name))
      .sort();
  for (const path of ["/v1/things", "/v1/listed", "/healthz", "/readyz", "/openapi.json", "/v1/nothing"]) {
    const whole = await exchange(url, [get(path, close, "Accept-Encoding: gzip")]);
    const bare = await exchange(url, [head(path, close, "Accept-Encoding: gzip")]);
    t.equal(bare.text.split("\r\n\r\n")[1], "", `${path}: no body`);
    t.match(bare.text, /^content-length: [1-9]\d*\r$/im, `${path}: but how long it would be`);
    t.same(named(bare.text), named(whole.text), `${path}: the same headers`);
  }
  t.ok(
    witness.understood().every(({ method }) => method === "GET"),
    "the service is asked for the whole",
  );
  witness.bytes();
  const refused = await exchange(url, [lines("PUT /v1/things HTTP/1.1", host, close, "Content-Length: 0")]);
  t.match(refused.text, /^allow: GET, HEAD, POST, DELETE\r$/im);
  const kept = await exchange(url, [head("/v1/archive") + get("/v1/things", close)]);
  t.same(kept.statuses, [200, 200], "the connection lives on behind the head of something long");
  t.ok(archived < 8_000_000, `of which little was fetched: ${archived} bytes`);
  const fetched = archived;
  await exchange(url, [get("/v1/things", close)]);
  t.ok(archived < fetched + 1_000_000, "and nothing more");
  witness.understood();
  witness.bytes();
});

await t.test("A36 the document of the interface is packed, and not sent to who has it", async (t) => {
  const open = (headers: Record<string, string>) =>
    fetch(`${url}/openapi.json`, { headers: { "accept-encoding": "identity", ...headers } });
  const plain = await open({});
  const text = await plain.text();
  t.equal(plain.headers.get("content-encoding"), null);
  for (const encoding of ["gzip", "br", "zstd"]) {
    const answer = await open({ "accept-encoding": encoding });
    t.equal(answer.headers.get("content-encoding"), encoding);
    t.ok(Number(answer.headers.get("content-length")) < text.length / 8, `${encoding} pays`);
    t.match(answer.headers.get("vary"), /accept-encoding/i);
    t.equal(await answer.text(), text, `${encoding}: the same document`);
  }
  const known = await open({ "if-none-match": plain.headers.get("etag") ?? "" });
  t.same([known.status, await known.text()], [304, ""]);
});
