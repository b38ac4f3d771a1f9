import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import { SessionRevoked } from "@kismet/contracts";
import { createWorld, eventually, memberToken, newId } from "@kismet/testing";
import t, { test } from "tap";
import { loadRouteTable } from "../src/proxy/route-table.ts";
import { codeOf, echo, policy, route, startGateway, startUpstream } from "./fixture.ts";

// Of a busy machine.
t.setTimeout(120_000);

test("what is in the table reaches its service as it was sent; nothing else is reachable", async (t) => {
  const world = await createWorld(t);
  const service = await startUpstream(t, echo);
  const { url } = await startGateway(
    t,
    world,
    [
      route("GET", "/v1/things/:id"),
      route("POST", "/v1/things"),
      route("POST", "/v1/auth/refresh", { cookie: true }, "auth"),
    ],
    { upstreamMatching: [service.url], upstreamAuth: [service.url] },
  );
  const answer = await fetch(`${url}/v1/things/a%20b?x=1&x=2`, {
    headers: {
      "x-request-id": "from-client-1",
      "x-forwarded-for": "6.6.6.6",
      forwarded: "for=6.6.6.6",
      "x-real-ip": "6.6.6.6",
      "x-deadline-ms": "900000",
      cookie: "session=1",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "x-note": "kept",
    },
  });
  t.equal(answer.status, 200);
  t.equal(answer.headers.get("x-request-id"), "from-client-1", "A11");
  t.ok(answer.headers.get("strict-transport-security"), "A43");
  const seen = (await answer.json()) as { url: string; headers: Record<string, string> };
  t.equal(seen.url, "/v1/things/a%20b?x=1&x=2");
  t.match(seen.headers, {
    "x-request-id": "from-client-1",
    "x-forwarded-for": "127.0.0.1",
    "x-note": "kept",
    traceparent: /^00-0af7651916cd43dd8448eb211c80319c-/,
  });
  t.ok(Number(seen.headers["x-deadline-ms"]) <= policy.timeoutMs, "A09 the deadline is the route's");
  for (const name of ["forwarded", "x-real-ip", "cookie"]) t.notOk(seen.headers[name], name);

  const json = { method: "POST", headers: { "content-type": "application/json", cookie: "r=1" } };
  const posted = (await (
    await fetch(`${url}/v1/things`, { ...json, body: '{"a": [1]}' })
  ).json()) as typeof seen & {
    body: unknown;
  };
  t.same(posted.body, { a: [1] });
  const auth = (await (await fetch(`${url}/v1/auth/refresh`, { ...json, body: "{}" })).json()) as typeof seen;
  t.equal(auth.headers["cookie"], "r=1", "a route that reads cookies gets them");

  t.equal(await codeOf(fetch(`${url}/v1/other`)), "NOT_FOUND");
  t.equal(await codeOf(fetch(`${url}/v1/things`)), "METHOD_NOT_ALLOWED");
  t.equal(await codeOf(fetch(`${url}/v1/things/..%2f..%2fadmin`)), "VALIDATION_FAILED");
});

test("a client's Connection header can't strip what the gateway adds", async (t) => {
  const world = await createWorld(t);
  const service = await startUpstream(t, echo);
  const { url } = await startGateway(t, world, [route("GET", "/v1/things")], {
    upstreamMatching: [service.url],
  });
  const body = await new Promise<string>((resolve, reject) => {
    const headers = {
      connection: "x-forwarded-for, x-request-id, x-secret",
      "x-secret": "1",
      "keep-alive": "5",
    };
    const request = httpRequest(`${url}/v1/things`, { headers }, (response) => {
      Readable.from(response)
        .toArray()
        .then((chunks) => resolve(chunks.join("")), reject);
    });
    request.on("error", reject).end();
  });
  const { headers } = JSON.parse(body) as { headers: Record<string, string> };
  t.equal(headers["x-forwarded-for"], "127.0.0.1");
  t.ok(headers["x-request-id"]);
  t.notOk(headers["x-secret"], "what it names is of that connection only");
  t.notOk(headers["keep-alive"]);
});

test("A01 a client that goes away before its answer comes does no harm", async (t) => {
  const world = await createWorld(t);
  const entered = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const service = await startUpstream(t, (app) => {
    app.get("/v1/slow", async (_request, reply) => {
      // The gateway lets go of what nobody waits for.
      reply.raw.on("close", () => answered.resolve());
      entered.resolve();
      await released.promise;
      return {};
    });
    app.get("/v1/quick", async () => ({}));
  });
  const table = [route("GET", "/v1/slow", { timeoutMs: 5_000 }), route("GET", "/v1/quick")];
  const { url, parts } = await startGateway(t, world, table, { upstreamMatching: [service.url] });
  const fatal: Error[] = [];
  const watch = (error: Error) => fatal.push(error);
  process.on("uncaughtExceptionMonitor", watch);
  t.teardown(() => process.off("uncaughtExceptionMonitor", watch));
  const client = new AbortController();
  const gone = fetch(`${url}/v1/slow`, { signal: client.signal });
  await entered.promise;
  client.abort();
  await t.rejects(gone);
  await eventually(async () => {
    assert.match(await parts.metrics.metrics(), /kismet_http_requests_in_flight\{service="gateway"\} 0/);
  });
  released.resolve();
  await answered.promise;
  for (let i = 0; i < 5; i += 1) t.equal((await fetch(`${url}/v1/quick`)).status, 200);
  t.same(fatal, []);
});

test("A15 a body past the route's limit is refused while it streams, at once if it says so", async (t) => {
  const world = await createWorld(t);
  let received = 0;
  const service = await startUpstream(t, (app) => {
    app.addContentTypeParser("*", (_request, payload, done) => {
      payload.on("data", (chunk: Buffer) => (received += chunk.length));
      payload.on("end", () => done(null, "read"));
      payload.on("error", done);
    });
    app.post("/*", async () => ({ received }));
  });
  const { url } = await startGateway(
    t,
    world,
    [route("POST", "/v1/small"), route("POST", "/v1/large", { bodyLimit: 1_000_000, limit: "upload" })],
    { upstreamMatching: [service.url] },
  );
  const send = (path: string, bytes: number, streamed: boolean) => {
    const chunk = new Uint8Array(Math.min(bytes, 50_000));
    const chunks = Array.from({ length: bytes / chunk.length }, () => chunk);
    return fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: streamed ? ReadableStream.from(chunks) : new Uint8Array(bytes),
      duplex: "half",
    });
  };
  for (const streamed of [true, false]) {
    t.equal(await codeOf(send("/v1/small", 2_000, streamed)), "BODY_TOO_LARGE");
    t.equal((await send("/v1/small", 1_000, streamed)).status, 200);
    received = 0;
    t.equal((await send("/v1/large", 1_000_000, streamed)).status, 200);
    t.equal(received, 1_000_000);
  }
  t.equal(await codeOf(send("/v1/large", 20_000_000, false)), "BODY_TOO_LARGE");
  received = 0;
  const refused = await send("/v1/large", 20_000_000, true).then(codeOf, () => "cut off");
  t.ok(["BODY_TOO_LARGE", "cut off"].includes(refused), refused);
  t.ok(received <= 1_000_000, "and the service got no more than it may");
});

test("A02 tokens are verified at the edge, and a revoked session is out within a second", async (t) => {
  const world = await createWorld(t);
  const service = await startUpstream(t, echo);
  const auth = await world.standIn("auth");
  const table = [
    route("GET", "/v1/mine", { auth: "member" }),
    route("GET", "/v1/any", { auth: "member", anyStatus: true }),
    route("GET", "/v1/staff", { auth: "staff", roles: ["support"] }),
  ];
  const { url } = await startGateway(t, world, table, { upstreamMatching: [service.url] });
  const get = (path: string, token?: string) =>
    fetch(url + path, { headers: token ? { authorization: `Bearer ${token}` } : {} });
  const memberId = newId();
  const sessionId = newId();
  const token = memberToken(world, { memberId, sessionId });
  t.equal((await get("/v1/mine", token)).status, 200);
  t.equal(await codeOf(get("/v1/mine")), "UNAUTHENTICATED");
  t.equal(await codeOf(get("/v1/mine", `${token}x`)), "UNAUTHENTICATED");
  t.equal(await codeOf(get("/v1/mine", memberToken(world, { status: "unverified" }))), "ACCOUNT_NOT_ACTIVE");
  t.equal((await get("/v1/any", memberToken(world, { status: "unverified" }))).status, 200);
  const ageUnproven = memberToken(world, { status: "age_unproven" });
  t.equal(await codeOf(get("/v1/mine", ageUnproven)), "AUTH_AGE_ASSURANCE_REQUIRED");
  t.equal((await get("/v1/any", ageUnproven)).status, 200);
  t.equal(await codeOf(get("/v1/staff")), "UNAUTHENTICATED");
  t.equal(await codeOf(get("/v1/staff", memberToken(world, { status: "suspended" }))), "ACCOUNT_NOT_ACTIVE");
  const passed = (await (await get("/v1/staff", token)).json()) as { headers: Record<string, string> };
  t.equal(
    passed.headers["authorization"],
    `Bearer ${token}`,
    "A22 a role is the service's to ask for, which records who has none",
  );

  await auth.emit(SessionRevoked, {
    aggregateId: memberId,
    payload: { memberId, sessionId, revokedAt: new Date().toISOString() },
  });
  await eventually(async () => assert.equal(await codeOf(get("/v1/mine", token)), "UNAUTHENTICATED"), {
    timeoutMs: 1_000,
  });
});

test("A03 origins: CORS answers for listed ones, refusal for others, proof in production", async (t) => {
  const world = await createWorld(t);
  const service = await startUpstream(t, echo);
  const table = [route("POST", "/v1/things"), route("POST", "/v1/hook", { auth: "webhook" })];
  const { url } = await startGateway(t, world, table, {
    env: "test",
    corsOrigins: ["https://app.example"],
    upstreamMatching: [service.url],
  });
  const send = (headers: Record<string, string>, method = "POST") =>
    fetch(`${url}/v1/things`, { method, headers });
  const listed = await send({ origin: "https://app.example" });
  t.equal(listed.status, 200);
  t.equal(listed.headers.get("access-control-allow-origin"), "https://app.example");
  t.equal(listed.headers.get("access-control-allow-credentials"), "true");
  const other = await send({ origin: "https://evil.example" });
  t.equal(other.headers.get("access-control-allow-origin"), null);
  t.equal(await codeOf(other), "GATEWAY_ORIGIN_REFUSED");
  t.equal(await codeOf(send({ cookie: "a=1", "sec-fetch-site": "cross-site" })), "GATEWAY_ORIGIN_REFUSED");

  const preflight = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type",
  };
  const good = await send({ origin: "https://app.example", ...preflight }, "OPTIONS");
  t.equal(good.status, 204);
  t.match(good.headers.get("access-control-allow-methods"), /POST/);
  const bad = await send({ origin: "https://evil.example", ...preflight }, "OPTIONS");
  t.equal(bad.status, 403);
  t.equal(bad.headers.get("access-control-allow-origin"), null);
});

test("A43 every answer has security headers, refusals and services' own answers included", async (t) => {
  const world = await createWorld(t);
  const service = await startUpstream(t, (app) => {
    app.get("/v1/bare", (_, reply) => reply.send({ ok: true }));
    app.get("/v1/broken", (_, reply) => reply.code(500).send({}));
    app.post("/v1/things", () => ({}));
  });
  const table = [
    route("GET", "/v1/bare"),
    route("GET", "/v1/broken"),
    route("POST", "/v1/things"),
    route("GET", "/v1/mine", { auth: "member" }),
    route("GET", "/v1/away", { timeoutMs: 300 }, "chat"),
    route("POST", "/v1/login", { limit: "credential" }),
  ];
  const settings = { upstreamMatching: [service.url], limitScale: 0.1, corsOrigins: ["https://app.test"] };
  const { url } = await startGateway(t, world, table, settings);
  const post = (body: string) => ({ method: "POST", body, headers: { "content-type": "application/json" } });
  const from = (origin: string) => ({ headers: { origin } });
  const asked: [path: string, init: RequestInit, status: number | number[]][] = [
    ["/v1/bare", {}, 200],
    ["/v1/broken", {}, 500],
    ["/v1/nothing", {}, 404],
    ["/v1/nothing", post("x".repeat(100_000)), 404],
    ["/v1/bare", { method: "DELETE" }, [404, 405]],
    ["/v1/mine", {}, 401],
    ["/v1/mine", { headers: { authorization: "Bearer forged" } }, 401],
    ["/v1/bare", from("https://evil.test"), 403],
    ["/v1/bare", from("https://app.test"), 200],
    ["/v1/things", post("x".repeat(policy.bodyLimit + 1)), 413],
    ["/v1/away", {}, [503, 504]],
    ["/v1/login", post("{}"), 404],
    ["/healthz", {}, 200],
    ["/openapi.json", {}, 200],
    ["/docs/", {}, 200],
  ];
  const held = (answer: Response, name: string): void => {
    t.equal(answer.headers.get("x-content-type-options"), "nosniff", name);
    t.match(answer.headers.get("strict-transport-security"), /max-age=\d{7,}/, name);
    t.ok(answer.headers.get("content-security-policy"), name);
    t.ok(answer.headers.get("x-frame-options"), name);
    t.notOk(answer.headers.get("x-powered-by") ?? answer.headers.get("server"), name);
    t.ok(answer.headers.get("x-request-id"), name);
  };
  for (const [path, init, status] of asked) {
    const answer = await fetch(url + path, init);
    const name = `${init.method ?? "GET"} ${path} ${answer.status}`;
    t.ok([status].flat().includes(answer.status), name);
    held(answer, name);
    await answer.body?.cancel();
  }
  const limited = await eventually(async () => {
    const answer = await fetch(`${url}/v1/login`, post("{}"));
    await answer.body?.cancel();
    assert.equal(answer.status, 429);
    return answer;
  });
  held(limited, "429");
});

test("A32 the API has a version in each path, and no path without one is let through", async (t) => {
  const world = await createWorld(t);
  const service = await startUpstream(t, echo);
  const settings = { upstreamMatching: [service.url] };
  const { url } = await startGateway(t, world, [route("GET", "/v1/things/:id")], settings);
  t.equal((await fetch(`${url}/v1/things/1`)).status, 200);
  for (const path of [
    "/things/1",
    "/v2/things/1",
    "/V1/things/1",
    "/v1//things/1",
    "/v1/v1/things/1",
    "/v01/things/1",
  ]) {
    const answer = await fetch(url + path);
    t.equal(answer.status, 404, path);
    t.equal(await codeOf(answer), "NOT_FOUND", path);
  }
  // Pages are for people, who follow a link and no version.
  const unversioned = loadRouteTable().filter(({ path }) => !/^\/(v1|\.well-known|auth)\//.test(path));
  t.same(unversioned, []);
});

test("A42 the published document has every route of the table and no other", async (t) => {
  const world = await createWorld(t);
  const { url } = await startGateway(t, world, []);
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { responses?: object }>>;
  };
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const table = loadRouteTable().map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  t.same(described.sort(), table.sort());
  for (const methods of Object.values(document.paths)) {
    for (const { responses } of Object.values(methods)) t.ok(Object.keys(responses ?? {}).length > 0);
  }
});

test("A42 A16 the gateway's own pages", async (t) => {
  const world = await createWorld(t);
  const { url } = await startGateway(t, world, [], { trustedProxies: ["127.0.0.1"] });
  t.match(await (await fetch(`${url}/openapi.json`)).json(), { openapi: "3.1.0" });
  const docs = await fetch(`${url}/docs/`);
  t.equal(docs.status, 200);
  t.match(await docs.text(), /swagger-ui/);
  t.match(docs.headers.get("content-security-policy"), /script-src 'self'/);
  t.same(await (await fetch(`${url}/healthz`)).json(), { status: "up" });
  const outside = { headers: { "x-forwarded-for": "1.2.3.4" } };
  t.notMatch(
    await (await fetch(`${url}/readyz`, outside)).json(),
    { checks: [] },
    "no details for strangers",
  );
  t.equal((await fetch(`${url}/metrics`, outside)).status, 404);
  t.match(await (await fetch(`${url}/metrics`)).text(), /kismet_http_requests_total/);
});
