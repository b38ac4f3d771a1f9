import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { userInfo } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createBus } from "@kismet/bus";
import { CanaryChanged, type ClientItem, type IssuedKey, ListCanaries, SetCanary } from "@kismet/contracts";
import { createParts } from "@kismet/service-kit";
import { createWorld, eventually, routesWithIds } from "@kismet/testing";
import { request } from "undici";
import t from "tap";
import { call, newMember, patience, startAuth, startMail, strongToken } from "./auth-world.ts";

t.setTimeout(120_000);

const run = promisify(execFile);
const opsMain = fileURLToPath(new URL("../../../packages/bus/src/ops-main.ts", import.meta.url));

const world = await createWorld(t, { realAuth: true });
const mail = await startMail(t);
const one = await startAuth(t, world, mail);
const two = await startAuth(t, world, mail);
const { session, email } = await newMember(one, mail);
await world.sql("UPDATE auth.accounts SET roles = '{admin}' WHERE member_id = $1", [session.memberId]);
const token = await strongToken(one, world, email);

const parts = createParts("gateway", {
  ...world.settings("gateway"),
  natsReplicas: 1,
  instanceId: "asks",
  shutdownMs: 1_000,
  logLevel: "silent",
});
const bus = createBus(parts as never);
const told: number[] = [];
bus.watch(CanaryChanged, { sinceMs: 60_000 }, ({ payload }) => told.push(payload.weight));
await parts.lifecycle.start();
t.teardown(() => parts.lifecycle.stop());

const register = (name: string, as = token) =>
  call<IssuedKey>(one, "POST", "/v1/admin/clients", { token: as, body: { name } });
const issue = (id: string, at = one) =>
  call<IssuedKey>(at, "POST", `/v1/admin/clients/${id}/keys`, { token });
const revokeKey = (id: string, keyId: string) =>
  call(one, "DELETE", `/v1/admin/clients/${id}/keys/${keyId}`, { token });
const whoAmI = async ({ url }: { url: string }, key: string) => {
  const answer = await request(`${url}/v1/auth/client`, { headers: { "x-api-key": key } });
  return { status: answer.statusCode, body: (await answer.body.json()) as ClientItem & { code?: string } };
};
const eventuallyStatus = (key: string, status: number, timeoutMs = patience.timeoutMs) =>
  eventually(
    async () => {
      for (const at of [one, two]) assert.equal((await whoAmI(at, key)).status, status);
    },
    { timeoutMs },
  );

await t.test("A37 A17 a key is shown once, and only its hash is kept", async (t) => {
  const { status, body } = await register("ios app");
  t.equal(status, 201);
  t.match(body.key, /^kismet_[a-z2-7]{8}_[\w-]{43}$/);
  await eventuallyStatus(body.key, 200);
  t.match((await whoAmI(two, body.key)).body, { id: body.clientId, name: "ios app" });
  t.equal((await whoAmI(two, body.key.replace(/.$/, "!"))).body.code, "CLIENT_KEY_REFUSED");
  const [stored] = await world.sql<{ digest: string }>("SELECT digest FROM auth.client_keys WHERE id = $1", [
    body.keyId,
  ]);
  t.equal(stored?.digest, createHash("sha256").update(body.key).digest("hex"));
  const secret = body.key.slice(16);
  for (const table of ["clients", "client_keys", "outbox"]) {
    const rows = await world.sql(`SELECT t::text AS row FROM auth.${table} t`);
    t.notMatch(JSON.stringify(rows), secret, `${table} doesn't hold it`);
  }
  const { body: list } = await call<{ items: ClientItem[] }>(one, "GET", "/v1/admin/clients", { token });
  t.match(list.items[0], { name: "ios app", keys: [{ id: body.keyId, prefix: `kismet_${body.keyId}` }] });
  t.notMatch(JSON.stringify(list), secret);
  t.equal((await register("ios app")).body.code, "AUTH_CLIENT_NAME_TAKEN");
});

await t.test("A37 two keys during a rotation, never three, however many ask at once", async (t) => {
  const { body: first } = await register("partner");
  const asked = await Promise.all(
    Array.from({ length: 6 }, (_, i) => issue(first.clientId, i % 2 ? one : two)),
  );
  t.same(asked.map(({ status }) => status).sort(), [201, 409, 409, 409, 409, 409]);
  t.equal(asked.find(({ status }) => status === 409)?.body.code, "AUTH_CLIENT_KEYS_EXHAUSTED");
  const second = asked.find(({ status }) => status === 201)?.body ?? assert.fail();
  await eventuallyStatus(second.key, 200);
  t.equal((await whoAmI(one, first.key)).status, 200);
  t.equal((await revokeKey(first.clientId, first.keyId)).status, 204);
  await eventuallyStatus(first.key, 401, 1_000);
  t.equal((await whoAmI(two, second.key)).status, 200);
  t.equal((await revokeKey(first.clientId, first.keyId)).status, 404, "gone already");

  t.equal((await call(one, "DELETE", `/v1/admin/clients/${first.clientId}`, { token })).status, 204);
  await eventuallyStatus(second.key, 401, 1_000);
  t.equal((await issue(first.clientId)).body.code, "AUTH_CLIENT_REVOKED");
  const again = await call(one, "DELETE", `/v1/admin/clients/${first.clientId}`, { token });
  t.equal(again.status, 404);
});

await t.test("A14 clients are for administrators; another client's key is not there", async (t) => {
  const [mine, other] = [(await register("first")).body, (await register("other")).body];
  t.equal((await revokeKey(mine.clientId, other.keyId)).status, 404);
  await eventuallyStatus(other.key, 200);
  const { session: stranger, email: address } = await newMember(one, mail);
  await world.sql("UPDATE auth.accounts SET roles = '{support}' WHERE member_id = $1", [stranger.memberId]);
  const support = await strongToken(one, world, address);
  const routes = routesWithIds("auth").filter((route) => route.includes("/admin/clients/"));
  t.equal(routes.length, 3);
  for (const who of [stranger.accessToken, support]) {
    for (const route of ["GET /v1/admin/clients", "POST /v1/admin/clients", ...routes]) {
      const [method = "", path = ""] = route.split(" ");
      const filled = path.replace(":id", mine.clientId).replace(":keyId", mine.keyId);
      const body = method === "POST" && !path.includes(":id") ? { body: { name: "theirs" } } : {};
      const answer = await call(one, method as "GET", filled, { token: who, ...body });
      t.same([answer.status, answer.body.code], [403, "FORBIDDEN"], route);
    }
  }
  t.equal((await whoAmI(one, mine.key)).status, 200);
});

const canaryRows = () =>
  world.sql<{ actorKind: string; actor: string | null; details: string }>(
    `SELECT actor_kind AS "actorKind", actor, details::text FROM auth.audit_trail
     WHERE action = 'auth.canary.set' ORDER BY seq`,
  );

await t.test("A52 the split of a canary is kept, told, and changed by one at a time", async (t) => {
  const set = (weight: number, more: object = {}) =>
    bus.request(SetCanary, { service: "matching", weight, by: "operator ada", ...more });
  t.same((await bus.request(ListCanaries, {})).splits, []);
  t.match(await set(20), { version: 1, weight: 20, changedBy: "operator ada", reason: null });
  t.match(await set(20), { version: 1 }, "the same once more");
  const rollbacks = await Promise.all(
    Array.from({ length: 5 }, (_, i) => set(0, { by: `gateway ${i}`, reason: "errors", ifVersion: 1 })),
  );
  t.same(new Set(rollbacks.map(({ version }) => version)), new Set([2]), "five gateways roll back once");
  t.match(await set(50), { version: 3 });
  t.match(await set(0, { ifVersion: 2 }), { version: 3, weight: 50 }, "what was set since is not judged yet");
  await eventually(() => assert.deepEqual(told, [20, 0, 50]), patience);
  await eventually(async () => {
    const rows = await canaryRows();
    assert.deepEqual(
      rows.map(({ details }) => (JSON.parse(details) as { weight: number }).weight),
      [20, 0, 50],
    );
    assert.match(rows[1]?.details ?? "", /"reason": ?"errors"/);
    assert.deepEqual(
      rows.map(({ actorKind, actor }) => [actorKind, actor]),
      [
        ["operator", "ada"],
        ["system", null],
        ["operator", "ada"],
      ],
    );
  }, patience);
  t.match((await bus.request(ListCanaries, {})).splits, [{ service: "matching", weight: 50, version: 3 }]);
});

await t.test(
  "A52 an operator sets a split by the command, and is in the trail with the name of their shell",
  async (t) => {
    const ops = (...words: string[]) =>
      run(process.execPath, [opsMain, ...words], {
        env: { ...process.env, KISMET_DEV_NATS_URL: world.natsUrl },
      });
    const { stdout } = await ops("canary", "set", "profile", "5");
    const by = `operator ${userInfo().username}`;
    t.match(stdout, new RegExp(`^profile +5 %  \\S+  ${by}\\n$`));
    t.match((await ops("canary", "list")).stdout, new RegExp(`profile +5 %  \\S+  ${by}\\n`));
    await eventually(async () => {
      const { actorKind, actor, details } = (await canaryRows()).at(-1) ?? assert.fail();
      assert.deepEqual([actorKind, actor], ["operator", userInfo().username]);
      assert.match(details, /"service": ?"profile"/);
    }, patience);
    for (const wrong of [["canary", "set", "gateway", "5"], ["canary", "set", "profile", "101"], ["canary"]])
      await t.rejects(ops(...wrong), { code: 1, stderr: /See npm run ops -- --help/ });
  },
);

await t.test("A52 nobody changes a split without saying who they are", async (t) => {
  const before = (await canaryRows()).length;
  for (const by of ["operator", "operator ", "ada", "gateway"])
    await t.rejects(bus.request(SetCanary, { service: "matching", weight: 7, by }), {
      message: /does not fit/,
    });
  t.equal((await canaryRows()).length, before);
});
