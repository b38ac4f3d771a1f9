import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { ClientChanged, type ClientState, ListClients } from "@kismet/contracts";
import { answer, createWorld, eventually, memberToken, newId } from "@kismet/testing";
import t, { test } from "tap";
import { codeOf, echo, route, startGateway, startUpstream } from "./fixture.ts";

// Of a busy machine.
t.setTimeout(120_000);

let ids = 0;
function newKey(): { key: string; state: { id: string; digest: string } } {
  ids += 1;
  const id = `test${String(ids).padStart(4, "0")}`;
  const key = `kismet_${id}_${randomBytes(32).toString("base64url")}`;
  return { key, state: { id, digest: createHash("sha256").update(key).digest("hex") } };
}

const table = [
  route("GET", "/v1/things"),
  route("GET", "/v1/mine", { auth: "member" }),
  route("GET", "/v1/ours", { auth: "client" }),
  route("GET", "/v1/picks", { auth: "client", limit: "discovery" }),
];

async function startEdge(t: Parameters<typeof createWorld>[0], settings: object = {}) {
  const world = await createWorld(t, { realAuth: true });
  const [first, second] = [newKey(), newKey()];
  const client: ClientState = {
    clientId: newId(),
    version: 1,
    name: "android app",
    limitFactor: 1,
    keys: [first.state],
  };
  const register = new Map([[client.clientId, client]]);
  const auth = await world.standIn("auth", {
    answers: [answer(ListClients, async () => ({ clients: [...register.values()] }))],
  });
  const service = await startUpstream(t, echo);
  const start = (more: object = {}) =>
    startGateway(t, world, table, { upstreamMatching: [service.url], ...settings, ...more });
  const change = async (state: ClientState) => {
    register.set(state.clientId, state);
    await auth.emit(ClientChanged, { aggregateId: state.clientId, payload: state });
  };
  return { world, auth, first, second, client, register, start, change };
}

const get = (url: string, path: string, key?: string, more: Record<string, string> = {}) =>
  fetch(url + path, { headers: { ...(key === undefined ? {} : { "x-api-key": key }), ...more } });

test("A37 a client's key opens its routes, is judged wherever it is shown, and goes no further than it must", async (t) => {
  const { world, first, second, start } = await startEdge(t);
  const { url, opsUrl } = await start();
  const ours = await get(url, "/v1/ours", first.key);
  t.equal(ours.status, 200);
  const { headers } = (await ours.json()) as { headers: Record<string, string> };
  t.equal(headers["x-api-key"], first.key, "a service that asks for a client looks at the key again");
  t.match(ours.headers.get("ratelimit-policy"), /"read-address";.*, "read-client";q=300000;w=30/);

  const things = (await (await get(url, "/v1/things", first.key)).json()) as typeof headers & {
    headers: Record<string, string>;
  };
  t.notOk(things.headers["x-api-key"], "others don't see it");
  for (const path of ["/v1/things", "/v1/mine", "/v1/ours"]) {
    for (const wrong of [second.key, "", "x".repeat(8_000), `${first.key.slice(0, -1)}!`]) {
      const refused = await get(url, path, wrong, { authorization: `Bearer ${memberToken(world)}` });
      t.equal(await codeOf(refused), "CLIENT_KEY_REFUSED", `${path} ${wrong.slice(0, 20)}`);
    }
  }
  t.equal(await codeOf(get(url, "/v1/ours")), "CLIENT_KEY_REFUSED", "no key");
  t.equal(
    await codeOf(get(url, "/v1/ours", undefined, { authorization: `Bearer ${memberToken(world)}` })),
    "CLIENT_KEY_REFUSED",
    "a member is no client",
  );
  t.equal(await codeOf(get(url, "/v1/mine", first.key)), "UNAUTHENTICATED", "a client is no member");
  const metrics = await (await fetch(`${opsUrl}/metrics`)).text();
  t.match(metrics, /kismet_client_requests_total\{client="android app",service="gateway"\} 3/);
  t.match(metrics, /kismet_client_requests_total\{client="",service="gateway"\} 12/);
  t.notMatch(metrics, first.key.slice(16));
});

test("A37 a client has limits of its own, from whatever addresses; trying keys is limited", async (t) => {
  const { first, client, change, start } = await startEdge(t, {
    trustedProxies: ["127.0.0.1"],
    limitScale: 0.1,
  });
  const { url } = await start();
  await change({ ...client, version: 2, limitFactor: 0.01 });
  const from = (i: number) => get(url, "/v1/picks", first.key, { "x-forwarded-for": `10.0.0.${i}` });
  await eventually(async () => {
    assert.match((await from(250)).headers.get("ratelimit-policy") ?? "", /"discovery-client";q=30;/);
  });
  const answers = await Promise.all(Array.from({ length: 80 }, (_, i) => from(i)));
  const refused = answers.filter(({ status }) => status === 429);
  t.ok(
    refused.length >= 9 && refused.length <= 60,
    `${refused.length} refused, each address having asked once`,
  );
  t.equal(await codeOf(refused[0] ?? assert.fail()), "RATE_LIMITED");

  const tried = await Promise.all(
    Array.from({ length: 80 }, (_, i) =>
      get(url, "/v1/picks", `kismet_${i}`, { "x-forwarded-for": "10.1.1.1" }),
    ),
  );
  t.ok(tried.filter(({ status }) => status === 429).length > 5, "guesses draw from the address's bucket");
});

test("A03 in production a client's key is the proof of who has no origin", async (t) => {
  const { first, second, start, world } = await startEdge(t, { env: "production" });
  const { url } = await start();
  t.equal((await get(url, "/v1/things", first.key)).status, 200);
  t.equal(await codeOf(get(url, "/v1/things")), "GATEWAY_ORIGIN_REFUSED");
  t.equal(await codeOf(get(url, "/v1/things", second.key)), "CLIENT_KEY_REFUSED");
  const bearer = { authorization: `Bearer ${memberToken(world)}` };
  t.equal((await get(url, "/v1/things", undefined, bearer)).status, 200);
  const evil = get(url, "/v1/things", first.key, { origin: "https://evil.example" });
  t.equal(await codeOf(evil), "GATEWAY_ORIGIN_REFUSED", "a key is no pass for somebody's page");
});

test("A37 rotated without a gap, revoked within a second on every instance; a missed event is made good", async (t) => {
  const { first, second, client, register, change, auth, start } = await startEdge(t);
  const gateways = [await start(), await start()];
  const statuses = (key: string) =>
    Promise.all(gateways.map(async ({ url }) => (await get(url, "/v1/ours", key)).status));
  t.same(await statuses(first.key), [200, 200]);

  await change({ ...client, version: 2, keys: [first.state, second.state] });
  await eventually(async () => assert.deepEqual(await statuses(second.key), [200, 200]));
  t.same(await statuses(first.key), [200, 200], "both are good while it is rotated");
  await change({ ...client, version: 3, keys: [second.state] });
  await eventually(async () => assert.deepEqual(await statuses(first.key), [401, 401]), { timeoutMs: 1_000 });
  t.same(await statuses(second.key), [200, 200]);

  // As if the event had been lost.
  register.set(client.clientId, { ...client, version: 4, keys: [] });
  await eventually(async () => assert.deepEqual(await statuses(second.key), [401, 401]), {
    timeoutMs: 8_000,
  });

  await auth.stop();
  const late = await start();
  t.equal(await codeOf(get(late.url, "/v1/ours", second.key)), "UNAVAILABLE", "not known is not refused");
  t.equal((await get(late.url, "/v1/things")).status, 200, "who shows no key is served");
});
