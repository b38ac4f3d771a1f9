import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  createHmac,
  randomUUIDv7,
  sign,
} from "node:crypto";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { type Jwk, type RoutePolicy, strict, Uuid } from "@kismet/contracts";
import t, { test } from "tap";
import { Type } from "typebox";
import {
  type App,
  createHttpApp,
  createLogger,
  createParts,
  createRevocations,
  createTokenVerifier,
  currentContext,
  contextHeaders,
  launch,
  loadConfig,
  NotFound,
  ProcessSettings,
  type Running,
  type StaffUse,
} from "../src/index.ts";

// Of a busy machine.
t.setTimeout(120_000);

const policy: RoutePolicy = {
  auth: "public",
  limit: "read",
  bodyLimit: 2_000,
  timeoutMs: 1_000,
  idempotent: true,
};
const { privateKey } = generateKeyPairSync("ed25519");
const { x } = createPublicKey(privateKey).export({ format: "jwk" });
const jwk: Jwk = { kty: "OKP", crv: "Ed25519", kid: "k1", use: "sig", alg: "EdDSA", x: x ?? "" };

function build(declare: (app: App) => void) {
  const lines: Record<string, unknown>[] = [];
  const settings = { KISMET_ENV: "test", KISMET_PORT: "0", KISMET_OPS_PORT: "0", KISMET_SHUTDOWN_MS: "3000" };
  const config = loadConfig(Type.Object(ProcessSettings), settings);
  const write = (line: string) => void lines.push(JSON.parse(line));
  const logger = createLogger({ service: "chat", instanceId: "t", level: "info" }, { write });
  const parts = createParts("chat", config, { logger });
  const revocations = createRevocations(parts.clock);
  let keys: Jwk[] = [jwk];
  const verifier = createTokenVerifier(parts, { keys: async () => keys, revocations });
  const uses: StaffUse[] = [];
  const recordStaff = async (use: StaffUse) => void uses.push(use);
  const app = createHttpApp(parts, { verifier, recordStaff });
  declare(app);
  return { app, parts, lines, uses, revocations, setKeys: (next: Jwk[]) => (keys = next) };
}

async function start(t: Tap.Test, declare: (app: App) => void) {
  const built = build(declare);
  const running: Running = await launch(built.parts, built.app);
  t.teardown(() => running.stop());
  return { ...built, running, url: running.url };
}

// tap exports no name for it.
declare namespace Tap {
  type Test = { teardown(handler: () => Promise<void>): unknown };
}

const now = () => Math.floor(Date.now() / 1_000);
const goodHeader = { alg: "EdDSA", kid: "k1", typ: "at+jwt" };
const goodClaims = () => ({
  iss: "kismet",
  aud: "kismet",
  sub: randomUUIDv7(),
  sid: randomUUIDv7(),
  st: "active",
  roles: [] as string[],
  iat: now(),
  exp: now() + 600,
  jti: randomUUIDv7(),
});
const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString("base64url");
function token(header: object = goodHeader, claims: object = goodClaims(), key = privateKey): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${sign(null, Buffer.from(input), key).toString("base64url")}`;
}

test("A05 a bare route does not register", async (t) => {
  const full = {
    method: "GET" as const,
    url: "/v1/things/:id",
    schema: { summary: "x", params: strict({ id: Uuid }), response: { 200: strict({ id: Uuid }) } },
    config: { policy },
    handler: async () => ({ id: randomUUIDv7() }),
  };
  t.doesNotThrow(() => build((app) => app.route(full)));
  const { summary, params, response } = full.schema;
  const bare: [string, object, RegExp][] = [
    ["without policy", { ...full, config: undefined }, /has no policy/],
    [
      "for nobody that there is",
      { ...full, config: { policy: { ...policy, auth: "admin" } } },
      /config.policy.auth must be one of public, member, staff, webhook, client$/,
    ],
    [
      "for staff of no role",
      { ...full, config: { policy: { ...policy, auth: "staff" } } },
      /does not say which roles of staff/,
    ],
    [
      "with half a policy",
      { ...full, config: { policy: { auth: "member", limit: "read" } } },
      /config.policy must have required properties bodyLimit, timeoutMs, idempotent/,
    ],
    [
      "with a policy of something else",
      { ...full, config: { policy: { ...policy, role: "admin" } } },
      /config.policy unknown fields: role/,
    ],
    [
      "with a wish for fresh authentication that nobody here can tell",
      { ...full, config: { policy: { ...policy, auth: "member", stepUp: true } } },
      /fresh authentication \(config.policy.stepUp\), which this service can't tell/,
    ],
    [
      "with a wish for fresh authentication of nobody",
      { ...full, config: { policy: { ...policy, stepUp: true } } },
      /fresh authentication \(config.policy.stepUp\) of nobody/,
    ],
    ["without response schemas", { ...full, schema: { summary, params } }, /has no response schemas/],
    ["without a schema of its parameters", { ...full, schema: { summary, response } }, /no schema of them/],
    ["without a summary", { ...full, schema: { params, response } }, /has no summary/],
    ["without any schema", { ...full, schema: undefined }, /has no response schemas/],
    [
      "with an open query",
      { ...full, schema: { ...full.schema, querystring: Type.Object({}) } },
      /querystring lets unknown fields in/,
    ],
    [
      "with an unbounded body",
      { ...full, method: "POST", schema: { ...full.schema, body: strict({ text: Type.String() }) } },
      /body.text is a string without maxLength/,
    ],
  ];
  for (const [name, route, message] of bare) {
    t.throws(() => build((app) => app.route(route as typeof full)), { message }, name);
  }
});

test("A05 A13 A31 A44 a request is held to its schemas and every refusal is a problem", async (t) => {
  const { url, app } = await start(t, (a) => {
    a.route({
      method: "POST",
      url: "/v1/things",
      schema: {
        summary: "x",
        querystring: strict({
          limit: Type.Integer({ maximum: 50, default: 20 }),
          all: Type.Optional(Type.Boolean()),
        }),
        headers: strict({ "idempotency-key": Type.Optional(Type.String({ maxLength: 10 })) }),
        body: strict({
          name: Type.String({ maxLength: 5 }),
          deep: Type.Optional(Type.Array(Type.Null(), { maxItems: 9 })),
        }),
        response: { 200: strict({ limit: Type.Integer(), name: Type.String({ maxLength: 5 }) }) },
      },
      config: { policy },
      handler: async (request) => ({
        limit: request.query.limit,
        name: request.body.name,
        secret: "stays inside",
      }),
    });
    a.route({
      method: "DELETE",
      url: "/v1/things/:id",
      schema: { summary: "x", params: strict({ id: Type.Integer() }), response: { 204: Type.Null() } },
      config: { policy },
      handler: async (_request, reply) => reply.code(204).send(null),
    });
  });
  const post = (query: string, body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = {}) =>
    fetch(`${url}/v1/things${query}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
    });
  const good = '{"name":"Ada"}';

  const ok = await post("", good);
  t.equal(ok.status, 200);
  t.same(
    await ok.json(),
    { limit: 20, name: "Ada" },
    "defaults come in, what the schema does not name stays in",
  );
  t.same(await (await post("?limit=7&all=true", good)).json(), { limit: 7, name: "Ada" });
  t.equal((await fetch(`${url}/v1/things/5`, { method: "DELETE" })).status, 204);

  const huge = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: `"${"x".repeat(100_000)}"`,
  };
  const refused: [string, Promise<Response>, number, string][] = [
    ["unknown query field", post("?limits=7", good), 400, "VALIDATION_FAILED"],
    ["fraction for an integer", post("?limit=1.5", good), 400, "VALIDATION_FAILED"],
    ["empty integer", post("?limit=", good), 400, "VALIDATION_FAILED"],
    ["too large", post("?limit=51", good), 400, "VALIDATION_FAILED"],
    ["not a boolean", post("?all=1", good), 400, "VALIDATION_FAILED"],
    ["unknown field", post("", '{"name":"Ada","admin":true}'), 400, "VALIDATION_FAILED"],
    ["number for a string", post("", '{"name":5}'), 400, "VALIDATION_FAILED"],
    ["too long", post("", '{"name":"Adalbert"}'), 400, "VALIDATION_FAILED"],
    ["long header", post("", good, { "idempotency-key": "12345678901" }), 400, "VALIDATION_FAILED"],
    ["prototype", post("", '{"name":"Ada","__proto__":{"a":1}}'), 400, "VALIDATION_FAILED"],
    ["no JSON", post("", "{"), 400, "VALIDATION_FAILED"],
    ["no body", post("", ""), 400, "VALIDATION_FAILED"],
    ["deep", post("", `{"name":"Ada","deep":${"[".repeat(20)}${"]".repeat(20)}}`), 400, "VALIDATION_FAILED"],
    ["large", post("", `{"name":"${"a".repeat(3_000)}"}`), 413, "BODY_TOO_LARGE"],
    ["compressed", post("", gzipSync(good), { "content-encoding": "gzip" }), 415, "UNSUPPORTED_ENCODING"],
    ["another type", post("", good, { "content-type": "text/plain" }), 415, "UNSUPPORTED_MEDIA_TYPE"],
    [
      "unasked body",
      fetch(`${url}/v1/things/5`, {
        method: "DELETE",
        headers: { "content-type": "application/json" },
        body: "{}",
      }),
      400,
      "VALIDATION_FAILED",
    ],
    ["bad parameter", fetch(`${url}/v1/things/5x`, { method: "DELETE" }), 400, "VALIDATION_FAILED"],
    ["bad escape", fetch(`${url}/v1/things/%zz`, { method: "DELETE" }), 400, "VALIDATION_FAILED"],
    ["no such address", fetch(`${url}/v1/nothing`), 404, "NOT_FOUND"],
    ["no such address for a body", fetch(`${url}/v1/nothing`, huge), 404, "NOT_FOUND"],
    [
      "no such method for a body",
      fetch(`${url}/v1/things`, { ...huge, method: "PUT" }),
      405,
      "METHOD_NOT_ALLOWED",
    ],
    ["no such method", fetch(`${url}/v1/things`), 405, "METHOD_NOT_ALLOWED"],
  ];
  for (const [name, answer, status, code] of refused) {
    const response = await answer;
    t.equal(response.status, status, name);
    t.match(response.headers.get("content-type"), /^application\/problem\+json/, name);
    const problem = (await response.json()) as Record<string, unknown>;
    t.match(problem, { status, code, type: String, title: String, detail: String }, name);
    t.equal(problem["requestId"], response.headers.get("x-request-id"), name);
    for (const header of ["x-content-type-options", "strict-transport-security", "content-security-policy"]) {
      t.ok(response.headers.get(header), `A43 ${name}: ${header}`);
    }
  }
  t.equal((await fetch(`${url}/v1/things`)).headers.get("allow"), "POST");
  t.same(
    app.routeTable.map((route) => route.path),
    ["/v1/things", "/v1/things/:id"],
  );
  t.match(app.swagger(), { openapi: "3.1.0" });
  t.same(Object.keys(app.swagger().paths ?? {}), ["/v1/things", "/v1/things/{id}"]);
});

test("A08 an error tells a client its code and nothing of the inside, and the log its stack", async (t) => {
  const { url, lines } = await start(t, (app) => {
    const failures: Record<string, () => unknown> = {
      "/v1/crash": () => {
        throw new Error("password=hunter2 at db.internal:5432");
      },
      "/v1/odd": () => Promise.reject("a string"),
      "/v1/gone": () => {
        throw new NotFound("It is gone.");
      },
    };
    for (const [path, fail] of Object.entries(failures)) {
      app.route({
        method: "GET",
        url: path,
        schema: { summary: "x", response: { 200: Type.Null() } },
        config: { policy },
        handler: async () => (await fail()) as null,
      });
    }
  });
  const answer = await fetch(`${url}/v1/crash`, { headers: { "x-request-id": "crash-0001" } });
  t.equal(answer.status, 500);
  t.same(await answer.json(), {
    type: "urn:kismet:problem:INTERNAL",
    title: "Internal Server Error",
    status: 500,
    detail: "Something went wrong on our side.",
    code: "INTERNAL",
    requestId: "crash-0001",
  });
  t.equal((await fetch(`${url}/v1/odd`)).status, 500);
  t.match(await (await fetch(`${url}/v1/gone`)).json(), { status: 404, detail: "It is gone." });
  const line = lines.find((each) => each["requestId"] === "crash-0001" && each["level"] === "error");
  t.match(line, { err: { message: /hunter2/, stack: /http.int.test/ } });
});

test("A09 A11 deadline, request id and trace come in, bound the handler, and go out", async (t) => {
  const { url, lines } = await start(t, (app) => {
    app.route({
      method: "GET",
      url: "/v1/context",
      schema: {
        summary: "x",
        response: {
          200: strict({
            id: Type.String({ maxLength: 64 }),
            left: Type.Integer(),
            out: Type.String({ maxLength: 900 }),
          }),
        },
      },
      config: { policy },
      handler: async (request) => {
        request.log.info({ body: { password: "pw-1", deep: 1 }, token: "tok-1" }, "at work");
        const id = currentContext()?.requestId ?? "";
        return {
          id,
          left: request.requestContext.deadline.remainingMs(),
          out: JSON.stringify(contextHeaders()),
        };
      },
    });
    app.route({
      method: "GET",
      url: "/v1/hang",
      schema: { summary: "x", response: { 200: Type.Null() } },
      config: { policy: { ...policy, timeoutMs: 100 } },
      handler: () => new Promise<null>(() => undefined),
    });
  });
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const get = (headers: Record<string, string>) => fetch(`${url}/v1/context`, { headers });
  const answer = await get({ "x-request-id": "client-id-1", traceparent, "x-deadline-ms": "300" });
  t.equal(answer.headers.get("x-request-id"), "client-id-1");
  const body = (await answer.json()) as { id: string; left: number; out: string };
  t.equal(body.id, "client-id-1");
  t.ok(body.left <= 300 && body.left > 100);
  t.match(JSON.parse(body.out), { "x-request-id": "client-id-1", traceparent });
  const line = lines.find((each) => each["message"] === "at work");
  t.match(line, { requestId: "client-id-1", traceId: "0af7651916cd43dd8448eb211c80319c" });
  t.match(line, { body: { password: "[redacted]", deep: 1 }, token: "[redacted]" }, "A04");

  for (const id of ["short", "x".repeat(65), "has space in", "new%0aline"]) {
    const kept = (await get({ "x-request-id": id })).headers.get("x-request-id");
    t.not(kept, id);
    t.match(kept, /^[A-Za-z0-9_-]{8,64}$/);
  }
  t.match(await (await get({ "x-deadline-ms": "0" })).json(), { code: "DEADLINE_EXCEEDED", status: 504 });
  const begin = performance.now();
  t.match(await (await fetch(`${url}/v1/hang`)).json(), { code: "DEADLINE_EXCEEDED" });
  t.ok(performance.now() - begin < 600, "the answer comes although the handler never ends");
});

test("tokens: only what auth signed for Kismet, in time, counts", async (t) => {
  const { url, revocations, uses } = await start(t, (app) => {
    const routes: [string, RoutePolicy][] = [
      ["/v1/mine", { ...policy, auth: "member" }],
      ["/v1/any", { ...policy, auth: "member", anyStatus: true }],
      ["/v1/staff", { ...policy, auth: "staff", roles: ["support"] }],
    ];
    for (const [path, routePolicy] of routes) {
      app.route({
        method: "GET",
        url: path,
        schema: { summary: "x", response: { 200: strict({ memberId: Uuid }) } },
        config: { policy: routePolicy },
        handler: async (request) => ({ memberId: request.member.memberId }),
      });
    }
  });
  const get = async (authorization: string | undefined, path = "/v1/mine") => {
    const answer = await fetch(url + path, { headers: authorization === undefined ? {} : { authorization } });
    const { code, memberId } = (await answer.json()) as { code?: string; memberId?: string };
    return code ?? memberId;
  };
  const bearer = (header: object, claims: object, key = privateKey) => `Bearer ${token(header, claims, key)}`;
  const claims = goodClaims();
  t.equal(await get(bearer(goodHeader, claims)), claims.sub);
  t.equal(await get(bearer(goodHeader, claims)), claims.sub, "from the cache");

  const pem = createPublicKey(privateKey).export({ type: "spki", format: "pem" });
  const hmacInput = `${encode({ ...goodHeader, alg: "HS256" })}.${encode(claims)}`;
  const stranger = generateKeyPairSync("ed25519").privateKey;
  const strangersJwk = createPublicKey(stranger).export({ format: "jwk" });
  const forged: [string, string | undefined][] = [
    ["none at all", undefined],
    ["no bearer", `Basic ${token()}`],
    ["alg none", `Bearer ${encode({ ...goodHeader, alg: "none" })}.${encode(claims)}.`],
    ["no signature", `Bearer ${token().split(".").slice(0, 2).join(".")}.`],
    [
      "HMAC with the public key",
      `Bearer ${hmacInput}.${createHmac("sha256", pem).update(hmacInput).digest("base64url")}`,
    ],
    ["another key", bearer(goodHeader, claims, stranger)],
    ["a key in the header", bearer({ ...goodHeader, jwk: strangersJwk }, claims, stranger)],
    ["unknown kid", bearer({ ...goodHeader, kid: "k2" }, claims)],
    ["no kid", bearer({ alg: "EdDSA", typ: "at+jwt" }, claims)],
    ["kid that is a path", bearer({ ...goodHeader, kid: "../k1" }, claims)],
    ["another typ", bearer({ ...goodHeader, typ: "JWT" }, claims)],
    ["critical extension", bearer({ ...goodHeader, crit: ["exp2"], exp2: 1 }, claims)],
    ["another issuer", bearer(goodHeader, { ...claims, iss: "evil" })],
    ["another audience", bearer(goodHeader, { ...claims, aud: "other" })],
    ["several audiences", bearer(goodHeader, { ...claims, aud: ["kismet", "other"] })],
    ["expired", bearer(goodHeader, { ...claims, exp: now() - 1 })],
    ["no expiry", bearer(goodHeader, { ...claims, exp: undefined })],
    ["no session", bearer(goodHeader, { ...claims, sid: undefined })],
    ["a role nobody has", bearer(goodHeader, { ...claims, roles: ["root"] })],
    ["not a token", "Bearer abc"],
    [
      "changed claims",
      bearer(goodHeader, claims).replace(/\.[^.]+\./, `.${encode({ ...claims, sub: randomUUIDv7() })}.`),
    ],
  ];
  for (const [name, authorization] of forged) t.equal(await get(authorization), "UNAUTHENTICATED", name);
  const refused = await fetch(`${url}/v1/mine`);
  t.ok(refused.headers.get("content-security-policy"), "A43 refusals have their security headers");
  t.match(refused.headers.get("www-authenticate"), /^Bearer/);

  const unverified = bearer(goodHeader, { ...claims, st: "unverified" });
  t.equal(await get(unverified), "ACCOUNT_NOT_ACTIVE");
  t.equal(await get(unverified, "/v1/any"), claims.sub);
  const ageUnproven = bearer(goodHeader, { ...claims, st: "age_unproven" });
  t.equal(await get(ageUnproven), "AUTH_AGE_ASSURANCE_REQUIRED", "unless the route says otherwise");
  t.equal(await get(ageUnproven, "/v1/any"), claims.sub);
  t.equal(await get(bearer(goodHeader, claims), "/v1/staff"), "FORBIDDEN");
  t.equal(await get(bearer(goodHeader, { ...claims, roles: ["moderator"] }), "/v1/staff"), "FORBIDDEN");
  t.equal(await get(bearer(goodHeader, { ...claims, roles: ["support"] }), "/v1/staff"), claims.sub);
  t.match(
    uses,
    ["refused", "refused", "ok"].map((outcome) => ({ method: "GET", route: "/v1/staff", outcome })),
    "A22 what staff does is recorded, and who may not",
  );
  revocations.sessionRevoked({ memberId: claims.sub, sessionId: claims.sid, revokedAt: new Date() });
  t.equal(await get(bearer(goodHeader, claims)), "UNAUTHENTICATED", "revoked, although cached");
});

test("A10 keys rotate: a new one is found when it is first seen, and none at all is not the caller's fault", async (t) => {
  const { url, setKeys } = await start(t, (app) =>
    app.route({
      method: "GET",
      url: "/v1/mine",
      schema: { summary: "x", response: { 204: Type.Null() } },
      config: { policy: { ...policy, auth: "member" } },
      handler: async (_request, reply) => reply.code(204).send(null),
    }),
  );
  const status = async (value: string) =>
    (await fetch(`${url}/v1/mine`, { headers: { authorization: `Bearer ${value}` } })).status;
  setKeys([]);
  t.equal(await status(token()), 503);
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  setKeys([jwk]);
  const end = Date.now() + 3_000;
  while ((await status(token(goodHeader, goodClaims(), createPrivateKey(pem)))) !== 204 && Date.now() < end);
  t.ok(Date.now() < end);
});

test("A16 a dependency that stops or hangs shows in /readyz within two seconds, and its return too", async (t) => {
  let mode: "up" | "down" | "frozen" = "up";
  const { parts, running } = await start(t, () => undefined);
  parts.health.add(
    "database",
    async () => {
      if (mode === "down") throw new Error("connection refused");
      if (mode === "frozen") await new Promise(() => undefined);
    },
    { required: true },
  );
  parts.health.add("redis", () => Promise.reject(new Error("away")), { required: false });
  const becomes = async (status: number) => {
    const end = Date.now() + 2_000;
    while (Date.now() < end) if ((await fetch(`${running.opsUrl}/readyz`)).status === status) return true;
    return false;
  };
  t.ok(await becomes(200), "what is not required does not count");
  mode = "down";
  t.ok(await becomes(503));
  mode = "up";
  t.ok(await becomes(200));
  mode = "frozen";
  t.ok(await becomes(503));
  const report = (await (await fetch(`${running.opsUrl}/readyz`)).json()) as { checks: { name: string }[] };
  t.same(
    report.checks.map((check) => check.name),
    ["database", "redis"],
  );
  t.equal((await fetch(`${running.opsUrl}/healthz`)).status, 200);
  t.match(
    await (await fetch(`${running.opsUrl}/metrics`)).text(),
    /kismet_dependency_up\{dependency="redis",service="chat"\} 0/,
  );
});

test("A29 a drain finishes what is in flight, answers what still comes without 503, and then refuses", async (t) => {
  const held = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const { url, running } = await start(t, (app) => {
    for (const path of ["/v1/slow", "/v1/quick"]) {
      app.route({
        method: "GET",
        url: path,
        schema: { summary: "x", response: { 200: strict({ ok: Type.Boolean() }) } },
        config: { policy: { ...policy, timeoutMs: 5_000 } },
        handler: async () => {
          if (path === "/v1/slow") {
            entered.resolve();
            await held.promise;
          }
          return { ok: true };
        },
      });
    }
  });
  const slow = fetch(`${url}/v1/slow`);
  await entered.promise;
  const stopped = running.stop();
  const quick = await fetch(`${url}/v1/quick`);
  t.equal(quick.status, 200);
  t.equal(quick.headers.get("connection"), "close");
  t.equal((await fetch(`${running.opsUrl}/readyz`)).status, 503);
  const refused = async () => {
    const end = Date.now() + 2_000;
    while (Date.now() < end) {
      const error = await fetch(`${url}/v1/quick`).then(
        () => undefined,
        (e: Error) => e,
      );
      if (error) return true;
    }
    return false;
  };
  t.ok(await refused(), "new connections are refused");
  held.resolve();
  t.equal((await slow).status, 200, "what was in flight is finished");
  await stopped;
});

test("A18 a cookie reaches the routes that say they read one, and no other", async (t) => {
  const { url } = await start(t, (app) => {
    for (const [path, cookie] of [
      ["/v1/with", true],
      ["/v1/without", false],
    ] as const)
      app.route({
        method: "GET",
        url: path,
        schema: { summary: path, response: { 200: strict({ cookie: Type.String({ maxLength: 99 }) }) } },
        config: { policy: { ...policy, ...(cookie ? { cookie } : {}) } },
        handler: async ({ headers }) => ({ cookie: headers.cookie ?? "none" }),
      });
  });
  const headers = { cookie: "a=1" };
  t.same(await (await fetch(`${url}/v1/with`, { headers })).json(), { cookie: "a=1" });
  t.same(await (await fetch(`${url}/v1/without`, { headers })).json(), { cookie: "none" });
});

test("a 202 that has nothing to say has no body", async (t) => {
  const { url } = await start(t, (app) =>
    app.route({
      method: "POST",
      url: "/v1/later",
      schema: { summary: "later", response: { 202: Type.Null() } },
      config: { policy },
      handler: async (_request, reply) => reply.code(202).send(null),
    }),
  );
  const answer = await fetch(`${url}/v1/later`, { method: "POST" });
  t.same([answer.status, await answer.text(), answer.headers.get("content-type")], [202, "", null]);
});

test("malformed HTTP does not reach anything", async (t) => {
  const { url } = await start(t, () => undefined);
  const { port } = new URL(url);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), "127.0.0.1", () => socket.write("NONSENSE\r\n\r\n"));
    socket.on("data", (data) => resolve(data.toString()));
    socket.on("error", reject);
  });
  t.match(answer, /^HTTP\/1\.1 400/);
  const status = await new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers: { "x-long": "a".repeat(20_000) } }, (r) =>
      resolve(r.statusCode),
    );
    request.on("error", reject);
    request.end();
  });
  t.equal(status, 431);
});
