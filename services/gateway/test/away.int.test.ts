import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { AccountChanged, ClientChanged, ListClients, SessionRevoked } from "@kismet/contracts";
import {
  answer,
  createWorld,
  eventually,
  forAWhile,
  freePort,
  memberToken,
  MovedClock,
  newId,
  startPrivateServers,
} from "@kismet/testing";
import t, { test } from "tap";
import { codeOf, echo, nowhere, route, startGateway, startUpstream } from "./fixture.ts";

// Of a busy machine.
t.setTimeout(120_000);

const table = [
  route("GET", "/v1/things"),
  route("GET", "/v1/mine", { auth: "member" }),
  route("GET", "/v1/ours", { auth: "client" }),
  route("POST", "/v1/auth/login", { timeoutMs: 700 }, "auth"),
  route("GET", "/v1/chats", { auth: "member", timeoutMs: 700 }, "chat"),
  route("POST", "/v1/login", { limit: "credential" }),
];

const key = `kismet_aaaaaaaa_${randomBytes(32).toString("base64url")}`;
const client = {
  clientId: newId(),
  version: 1,
  name: "app",
  limitFactor: 1,
  keys: [{ id: "aaaaaaaa", digest: createHash("sha256").update(key).digest("hex") }],
};

/** Two gateways on servers of their own, whose time can be moved. */
async function startEdge(t: Parameters<typeof createWorld>[0]) {
  const { servers, nats, redis } = await startPrivateServers(t);
  const world = await createWorld(t, { servers, realAuth: true });
  const register = { clients: [client] };
  const auth = await world.standIn("auth", { answers: [answer(ListClients, async () => register)] });
  const service = await startUpstream(t, echo);
  const clock = new MovedClock();
  const start = (settings: object = {}) =>
    startGateway(t, world, table, { upstreamMatching: [service.url], ...settings }, clock);
  const gateways = [await start(), await start()];
  const ask = (path: string, headers: Record<string, string>, method = "GET") =>
    Promise.all(
      gateways.map(async ({ url }) => {
        const response = await fetch(url + path, { method, headers });
        return response.ok ? "ok" : codeOf(response);
      }),
    );
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const eventuallyAll = (
    path: string,
    headers: Record<string, string>,
    expected: string,
    timeoutMs: number,
  ) =>
    eventually(async () => assert.deepEqual(await ask(path, headers), [expected, expected]), { timeoutMs });
  return { world, nats, redis, auth, register, clock, gateways, start, ask, bearer, eventuallyAll };
}

test("A02 A37 session, member and client: refused within a second on every instance", async (t) => {
  const { world, auth, register, ask, bearer, eventuallyAll } = await startEdge(t);
  const [memberId, sessionId, other] = [newId(), newId(), newId()];
  const [mine, theirs] = [
    bearer(memberToken(world, { memberId, sessionId })),
    bearer(memberToken(world, { memberId: other })),
  ];
  for (const headers of [mine, theirs]) t.same(await ask("/v1/mine", headers), ["ok", "ok"]);
  t.same(await ask("/v1/ours", { "x-api-key": key }), ["ok", "ok"]);

  const now = () => new Date().toISOString();
  await auth.emit(SessionRevoked, {
    aggregateId: memberId,
    payload: { memberId, sessionId, revokedAt: now() },
  });
  await eventuallyAll("/v1/mine", mine, "UNAUTHENTICATED", 1_000);
  await auth.emit(AccountChanged, {
    aggregateId: other,
    payload: { memberId: other, version: 2, status: "deleting", changedAt: now() },
  });
  await eventuallyAll("/v1/mine", theirs, "ACCOUNT_NOT_ACTIVE", 1_000);
  register.clients = [{ ...client, version: 2, keys: [] }];
  await auth.emit(ClientChanged, {
    aggregateId: client.clientId,
    payload: { ...client, version: 2, keys: [] },
  });
  await eventuallyAll("/v1/ours", { "x-api-key": key }, "CLIENT_KEY_REFUSED", 1_000);
  t.same(await ask("/v1/things", {}), ["ok", "ok"]);
});

test("with NATS away tokens are good until they end, API keys for ten minutes, signing keys for a day", async (t) => {
  const { world, nats, auth, clock, ask, bearer, eventuallyAll } = await startEdge(t);
  const [memberId, sessionId] = [newId(), newId()];
  const revoked = bearer(memberToken(world, { memberId, sessionId }));
  const good = bearer(memberToken(world));
  const brief = bearer(world.signer.token({}, { exp: Math.floor(Date.now() / 1_000) + 3 }));
  const apiKey = { "x-api-key": key };
  for (const [path, headers] of [
    ["/v1/mine", revoked],
    ["/v1/mine", good],
    ["/v1/mine", brief],
    ["/v1/ours", apiKey],
  ] as const)
    t.same(await ask(path, headers), ["ok", "ok"]);

  await nats.kill();
  await auth.emit(SessionRevoked, {
    aggregateId: memberId,
    payload: { memberId, sessionId, revokedAt: new Date().toISOString() },
  });
  t.same(await ask("/v1/mine", revoked), ["ok", "ok"], "fails open: nobody has told of it");
  t.same(await ask("/v1/mine", bearer(memberToken(world))), ["ok", "ok"], "new tokens too");
  await eventuallyAll("/v1/mine", brief, "UNAUTHENTICATED", 5_000);

  clock.move(570_000);
  t.same(await ask("/v1/ours", apiKey), ["ok", "ok"]);
  clock.move(60_000);
  t.same(await ask("/v1/ours", apiKey), ["UNAVAILABLE", "UNAVAILABLE"], "fails closed after ten minutes");
  t.same(await ask("/v1/things", apiKey), ["UNAVAILABLE", "UNAVAILABLE"], "wherever the key is shown");
  t.same(await ask("/v1/things", {}), ["ok", "ok"]);

  // Tokens that no cache of verified ones has seen.
  const fresh = () => bearer(memberToken(world));
  clock.move(23 * 3_600_000);
  t.same(await ask("/v1/mine", fresh()), ["ok", "ok"]);
  clock.move(3_600_000);
  t.same(await ask("/v1/mine", fresh()), ["UNAVAILABLE", "UNAVAILABLE"], "fails closed after a day");

  await nats.start();
  await eventuallyAll("/v1/mine", revoked, "UNAUTHENTICATED", 15_000);
  await eventuallyAll("/v1/ours", apiKey, "ok", 15_000);
  await eventuallyAll("/v1/mine", fresh(), "ok", 15_000);
});

test("Redis, auth, or one service away: limits by instance, and everything that doesn't need it goes on", async (t) => {
  const { world, redis, auth, start, ask, bearer } = await startEdge(t);
  const good = bearer(memberToken(world));
  t.same(await ask("/v1/mine", good), ["ok", "ok"]);
  await redis.kill();
  t.same(await ask("/v1/mine", good), ["ok", "ok"]);
  const tries = await Promise.all(Array.from({ length: 35 }, () => ask("/v1/login", {}, "POST")));
  for (const i of [0, 1]) {
    const limited = tries.filter((each) => each[i] === "RATE_LIMITED").length;
    t.ok(limited >= 4 && limited <= 5, `${limited} of 35: an instance's own bucket holds`);
  }

  await auth.stop();
  t.same(await ask("/v1/mine", bearer(memberToken(world))), ["ok", "ok"], "known keys verify new tokens");
  t.same(await ask("/v1/auth/login", {}, "POST"), ["UNAVAILABLE", "UNAVAILABLE"]);
  t.same(await ask("/v1/chats", good), ["UNAVAILABLE", "UNAVAILABLE"], "chat is away");
  t.same(await ask("/v1/things", {}), ["ok", "ok"], "public reads of others go on");

  const late = await start({ upstreamChat: [nowhere] });
  const code = async (path: string, headers: Record<string, string>) =>
    codeOf(await fetch(late.url + path, { headers }));
  t.equal(await code("/v1/mine", good), "UNAVAILABLE", "keys that were never had: closed");
  t.equal(await code("/v1/ours", { "x-api-key": key }), "UNAVAILABLE");
  t.equal((await fetch(`${late.url}/v1/things`)).status, 200, "public reads need neither");
});

test("A02 with the streams away and NATS itself there: not ready, and who starts knows of no token whether it was ended", async (t) => {
  const { world, nats, auth, gateways, start, ask, bearer } = await startEdge(t);
  const [memberId, sessionId] = [newId(), newId()];
  const revoked = bearer(memberToken(world, { memberId, sessionId }));
  const good = bearer(memberToken(world));
  const failing = async ({ opsUrl }: { opsUrl: string }) => {
    const report = (await (await fetch(`${opsUrl}/readyz`)).json()) as {
      ready: boolean;
      checks: { name: string; ok: boolean }[];
    };
    return { ready: report.ready, failing: report.checks.filter(({ ok }) => !ok).map(({ name }) => name) };
  };
  const eventuallyReady = (expected: boolean) =>
    eventually(async () => {
      for (const gateway of gateways)
        assert.deepEqual(await failing(gateway), { ready: expected, failing: expected ? [] : ["events"] });
    });
  for (const headers of [revoked, good]) t.same(await ask("/v1/mine", headers), ["ok", "ok"]);
  await eventuallyReady(true);

  await nats.kill();
  await nats.startWithoutJetStream();
  await eventuallyReady(false);
  await auth.emit(SessionRevoked, {
    aggregateId: memberId,
    payload: { memberId, sessionId, revokedAt: new Date().toISOString() },
  });
  t.same(
    await ask("/v1/mine", revoked),
    ["ok", "ok"],
    "fails open until the token ends: nobody has told of it",
  );
  gateways.push(await start());
  t.same(await ask("/v1/mine", good), ["ok", "ok", "UNAVAILABLE"], "fails closed where nothing is known");
  t.same(
    await ask("/v1/ours", { "x-api-key": key }),
    ["ok", "ok", "ok"],
    "the register is asked for, not streamed",
  );
  t.same(await ask("/v1/things", {}), ["ok", "ok", "ok"]);
  await eventuallyReady(false);

  await nats.kill();
  await nats.start();
  const all = (expected: string) => gateways.map(() => expected);
  await eventually(async () => assert.deepEqual(await ask("/v1/mine", revoked), all("UNAUTHENTICATED")));
  await eventually(async () => assert.deepEqual(await ask("/v1/mine", good), all("ok")));
  await eventuallyReady(true);
});

test("a gateway does not start without NATS: it says that it waits, and serves once NATS is there", async (t) => {
  const { nats, start } = await startEdge(t);
  await nats.kill();
  const [port, opsPort] = [await freePort(), await freePort()];
  const starting = start({ port, opsPort });
  await eventually(async () => {
    const { state } = (await (await fetch(`http://127.0.0.1:${opsPort}/readyz`)).json()) as { state: string };
    assert.equal(state, "starting");
  });
  await forAWhile(() => assert.rejects(fetch(`http://127.0.0.1:${port}/v1/things`)), 1_000);
  await nats.start();
  const { url } = await starting;
  t.equal((await fetch(`${url}/v1/things`)).status, 200);
});
