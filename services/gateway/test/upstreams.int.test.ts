import assert from "node:assert/strict";
import { createServer } from "node:net";
import { type RouteTableEntry, strict } from "@kismet/contracts";
import { BodyTooLarge, createHttpApp, createRevocations, ProcessSettings } from "@kismet/service-kit";
import { createWorld, eventually, freePort, startTestService, type World } from "@kismet/testing";
import t, { test, type Test } from "tap";
import { Type } from "typebox";
import { codeOf, echo, nowhere, route, startGateway, startUpstream, type Upstream } from "./fixture.ts";
import { exchange } from "./raw.ts";

// Of a busy machine.
t.setTimeout(120_000);

test("A25 an instance that goes away is passed over; what may be sent again is", async (t) => {
  const world = await createWorld(t);
  const good = await startUpstream(t, echo);
  const table = [
    route("GET", "/v1/safe"),
    route("POST", "/v1/once", { idempotent: false }),
    route("POST", "/v1/again"),
  ];
  let accepted = 0;
  // Takes the request, and hangs up without an answer.
  const rude = createServer((socket) => {
    accepted += 1;
    socket.once("data", () => socket.destroy());
  });
  await new Promise<void>((resolve) => rude.listen(0, "127.0.0.1", resolve));
  t.teardown(() => new Promise<void>((resolve) => rude.close(() => resolve())));
  const { port } = rude.address() as { port: number };

  const dead = await startGateway(t, world, table, { upstreamMatching: [nowhere, good.url] });
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const path = ["/v1/safe", "/v1/once", "/v1/again"][i % 3] ?? "";
      const method = path === "/v1/safe" ? "GET" : "POST";
      const init = method === "GET" ? {} : { body: "{}", headers: { "content-type": "application/json" } };
      return (await fetch(dead.url + path, { method, ...init })).status;
    }),
  );
  t.same(new Set(statuses), new Set([200]), "refused connections are retried for every method");

  const cut = await startGateway(t, world, table, {
    upstreamMatching: [`http://127.0.0.1:${port}`, good.url],
  });
  t.equal((await fetch(`${cut.url}/v1/safe`)).status, 200, "cut off, idempotent: again");
  t.equal(accepted, 1);
  const alone = await startGateway(t, world, table, { upstreamMatching: [`http://127.0.0.1:${port}`] });
  accepted = 0;
  const once = await fetch(`${alone.url}/v1/once`, { method: "POST" });
  t.equal(once.status, 503);
  t.ok(once.headers.get("retry-after"));
  t.equal(accepted, 1, "cut off, not idempotent: never sent twice");
});

test("A29 a service that restarts costs no request; A25 one that is down or hangs is told in time", async (t) => {
  const world = await createWorld(t);
  const table = [
    route("GET", "/v1/safe", { timeoutMs: 4_000 }),
    route("GET", "/v1/hang", { timeoutMs: 300 }),
  ];
  const declare = (app: Upstream["app"]) => {
    app.get("/v1/safe", async () => ({ ok: true }));
    app.get("/v1/hang", () => new Promise(() => undefined));
  };
  const first = await startUpstream(t, declare);
  const gateway = await startGateway(t, world, table, { upstreamMatching: [first.url] });
  t.equal((await fetch(`${gateway.url}/v1/safe`)).status, 200);
  const begin = performance.now();
  t.equal(await codeOf(fetch(`${gateway.url}/v1/hang`)), "DEADLINE_EXCEEDED");
  t.ok(performance.now() - begin < 1_000, "504 when the time is over");
  t.equal(
    await codeOf(fetch(`${gateway.url}/v1/hang`, { headers: { "x-deadline-ms": "0" } })),
    "DEADLINE_EXCEEDED",
  );

  await first.close();
  const during = Array.from({ length: 30 }, () => fetch(`${gateway.url}/v1/safe`));
  const [early] = await Promise.all([
    Promise.race([...during, new Promise<null>((resolve) => setTimeout(resolve, 600, null))]),
  ]);
  t.equal(early, null, "requests wait for the restart");
  await startUpstream(t, declare, first.port);
  const statuses = (await Promise.all(during)).map((answer) => answer.status);
  t.same(new Set(statuses), new Set([200]));
});

test("A25 a breaker opens on an upstream that stays away: refused at once, with Retry-After", async (t) => {
  const world = await createWorld(t);
  const { url, opsUrl } = await startGateway(t, world, [route("GET", "/v1/safe", { timeoutMs: 700 })]);
  const ask = () => Promise.all(Array.from({ length: 15 }, () => fetch(`${url}/v1/safe`)));
  for (const answer of await ask()) {
    t.ok([503, 504].includes(answer.status));
  }
  const metrics = await (await fetch(`${opsUrl}/metrics`)).text();
  t.match(metrics, /kismet_breaker_state\{name="upstream matching",service="gateway"\} [12]/);
  await eventually(
    async () => {
      const begin = performance.now();
      const answer = await fetch(`${url}/v1/safe`);
      assert.equal(answer.status, 503);
      assert.ok(answer.headers.get("retry-after"));
      assert.ok(performance.now() - begin < 200, "at once");
    },
    { timeoutMs: 12_000, everyMs: 300 },
  );
});

test("A29 a rolling restart under load shows no 5xx, and no request is done twice", async (t) => {
  const world = await createWorld(t);
  const gets = route("GET", "/v1/safe", { limit: "webhook" });
  const posts = route("POST", "/v1/once", { limit: "webhook", idempotent: false });
  const done = new Map<string, number>();
  const startService = (port: number) =>
    startTestService(t, world, {
      name: "matching",
      config: Type.Object(ProcessSettings),
      settings: { port, shutdownMs: 3_000, logLevel: "warn" },
      buildApp: async (parts) => {
        const verifier = { verify: () => assert.fail(), revocations: createRevocations(parts.clock) };
        const app = createHttpApp(parts, { verifier });
        for (const { method, path, policy } of [gets, posts]) {
          app.route({
            method,
            url: path,
            schema: { summary: path, response: { 200: strict({ ok: Type.Boolean() }) } },
            config: { policy },
            handler: async (request) => {
              done.set(request.id, (done.get(request.id) ?? 0) + 1);
              return { ok: true };
            },
          });
        }
        return app;
      },
    });
  const ports = [await freePort(), await freePort()];
  let instances = await Promise.all(ports.map(startService));
  const gateway = await startGateway(t, world, [gets, posts], {
    upstreamMatching: instances.map(({ url }) => url),
    logLevel: "warn",
  });
  const statuses = new Map<number, number>();
  let running = true;
  const client = async (path: string, method: string) => {
    while (running) {
      const answer = await fetch(gateway.url + path, { method });
      await answer.arrayBuffer();
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    }
  };
  const clients = Array.from({ length: 8 }, (_, i) =>
    i % 2 ? client("/v1/safe", "GET") : client("/v1/once", "POST"),
  );
  // Also if the test fails: clients that go on would keep it from ending.
  t.teardown(() => {
    running = false;
  });
  const atLeast = (count: number) => eventually(() => assert.ok(done.size >= count), { timeoutMs: 40_000 });
  for (const [i, port] of [...ports, ...ports].entries()) {
    await atLeast(done.size + 150);
    await instances[i % 2]?.stop();
    await atLeast(done.size + 100);
    instances = instances.with(i % 2, await startService(port));
  }
  await atLeast(done.size + 100);
  running = false;
  await Promise.all(clients);
  t.same([...statuses.keys()], [200], `statuses: ${JSON.stringify([...statuses])}`);
  t.same(new Set(done.values()), new Set([1]));
});

/** A service of the kit's that answers who it is, or that the body is too large. */
async function startNamed(t: Test, world: World, table: RouteTableEntry[], name: string): Promise<string> {
  const { url } = await startTestService(t, world, {
    name: "matching",
    config: Type.Object(ProcessSettings),
    settings: { logLevel: "warn" },
    buildApp: async (parts) => {
      const verifier = { verify: () => assert.fail(), revocations: createRevocations(parts.clock) };
      const app = createHttpApp(parts, { verifier });
      for (const { method, path, policy } of table) {
        app.route({
          method,
          url: path,
          schema: { summary: path, response: { 200: strict({ name: Type.String({ maxLength: 3 }) }) } },
          config: { policy },
          handler: async () => {
            if (path === "/v1/refused") throw new BodyTooLarge();
            return { name };
          },
        });
      }
      return app;
    },
  });
  return url;
}

test("A25 what a client sends says nothing against an instance: neither a long head nor what ends its connection", async (t) => {
  const world = await createWorld(t);
  const table = [route("GET", "/v1/safe"), route("GET", "/v1/refused")];
  const services = [await startNamed(t, world, table, "one"), await startNamed(t, world, table, "two")];
  const { url } = await startGateway(t, world, table, { upstreamMatching: services, limitScale: 1_000 });
  const [start, end] = [
    "GET /v1/safe HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nX-Long: ",
    "\r\n\r\n",
  ];
  const ask = async (at: string, bytes: number) =>
    (await exchange(at, [start + "x".repeat(bytes - start.length - end.length) + end])).statuses;
  t.same(await ask(url, 16_300), [200], "what the gateway lets in is not too large for a service");
  t.same(await ask(url, 17_000), [431]);
  t.same(await ask(services[0] ?? "", 19_000), [431], "which has a bound as well");

  const name = async () => ((await (await fetch(`${url}/v1/safe`)).json()) as { name: string }).name;
  for (let i = 0; i < 4; i += 1) {
    const refused = await fetch(`${url}/v1/refused`);
    t.same([refused.status, await codeOf(refused)], [413, "BODY_TOO_LARGE"]);
    t.same(new Set([await name(), await name()]), new Set(["one", "two"]), "neither is passed over");
  }
});
