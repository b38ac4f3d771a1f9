import assert from "node:assert/strict";
import { CanaryChanged, type CanarySplit, ListCanaries, SetCanary } from "@kismet/contracts";
import { WebSocket, WebSocketServer } from "ws";
import { answer, createWorld, eventually, memberToken, newId } from "@kismet/testing";
import t, { test } from "tap";
import { route, startGateway, startUpstream } from "./fixture.ts";

// Of a busy machine.
t.setTimeout(120_000);

const table = [
  route("GET", "/v1/mine", { auth: "member", limit: "webhook" }),
  route("GET", "/v1/public", { limit: "webhook" }),
  route("GET", "/v1/slow", { auth: "member", limit: "webhook" }),
  route("GET", "/v1/punctual", { auth: "member", limit: "webhook" }),
  // Larger than what is held: its body passes through as it comes.
  route("POST", "/v1/large", { auth: "member", limit: "webhook", bodyLimit: 100_000 }),
];
const settings = { limitScale: 10_000, trustedProxies: ["127.0.0.1"] };

/** Stable and canary, each of which says what it is; how the canary does can be changed. */
async function startEdge(t: Parameters<typeof createWorld>[0]) {
  const world = await createWorld(t, { realAuth: true });
  const mood = { failing: 0, delayMs: 0, isEventLost: false };
  const [stable, canary] = await Promise.all(
    ["stable", "canary"].map((name) =>
      startUpstream(t, (app) => {
        app.get("/v1/slow", async () => {
          await new Promise((resolve) => setTimeout(resolve, 50));
          return { name };
        });
        // As the kit does it, to which the caller's deadline is told.
        app.get("/v1/punctual", async ({ headers }, reply) =>
          Number(headers["x-deadline-ms"]) < 1_000 ? reply.code(504).send({ name }) : { name },
        );
        app.addContentTypeParser("*", (_request, payload, done) =>
          payload.resume().on("end", () => done(null)),
        );
        app.post("/v1/large", async () => ({ name }));
        app.get("/v1/*", async (_request, reply) => {
          if (name === "canary") {
            if (mood.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, mood.delayMs));
            if (Math.random() < mood.failing) return reply.code(500).send({ name });
          }
          return { name };
        });
      }),
    ),
  );
  // As auth does it, whose own part has a test there.
  let split: CanarySplit | undefined;
  const told: string[] = [];
  const set = async (weight: number, by: string, reason: string | null, ifVersion?: number) => {
    if (split && ifVersion !== undefined && ifVersion !== split.version) return split;
    const version = (split?.version ?? 0) + 1;
    split = {
      service: "matching",
      weight,
      version,
      changedAt: new Date().toISOString(),
      changedBy: by,
      reason,
    };
    told.push(`${weight} ${by.split(" ")[0]} ${reason ?? ""}`);
    if (!mood.isEventLost) await auth.emit(CanaryChanged, { aggregateId: "canary-matching", payload: split });
    return split;
  };
  const startAuth = async () => (auth = await world.standIn("auth", { answers }));
  const answers = [
    answer(ListCanaries, async () => ({ splits: split ? [split] : [] })),
    answer(SetCanary, async ({ weight, by, reason, ifVersion }) =>
      set(weight, by, reason ?? null, ifVersion),
    ),
  ];
  let auth = await world.standIn("auth", { answers });
  const start = () =>
    startGateway(t, world, table, {
      ...settings,
      upstreamMatching: [stable?.url],
      canaryMatching: [canary?.url],
    });
  const members = Array.from({ length: 40 }, () => ({
    headers: { authorization: `Bearer ${memberToken(world, { memberId: newId() })}` },
  }));
  const ask = async (url: string, init: RequestInit) => {
    const response = await fetch(url, init);
    return ((await response.json()) as { name?: string }).name ?? `${response.status}`;
  };
  const all = (url: string, of = members, path = "/v1/mine") =>
    Promise.all(of.map((member) => ask(url + path, member)));
  const atCanary = async (url: string) => (await all(url)).filter((name) => name === "canary").length;
  return { mood, set, told, auth, startAuth, start, members, all, atCanary, canary };
}

test("A52 split by weight, sticky, alike on all gateways and after a restart, changed without losing a request", async (t) => {
  const { set, start, members, all, atCanary } = await startEdge(t);
  const gateways = [await start(), await start()];
  const [one, two] = gateways.map(({ url }) => url) as [string, string];
  t.equal(await atCanary(one), 0, "no split was ever set");

  await set(50, "operator", null);
  await eventually(async () => assert.ok((await atCanary(one)) > 5 && (await atCanary(two)) > 5));
  const served = await all(one);
  t.same(await all(one), served, "everybody stays where they are");
  t.same(await all(two), served, "at the other gateway too");
  const late = await start();
  t.same(await all(late.url), served, "and at one that has just started");
  const anonymous = await Promise.all(
    Array.from(
      { length: 10 },
      async () => ((await (await fetch(`${one}/v1/public`)).json()) as { name: string }).name,
    ),
  );
  t.equal(new Set(anonymous).size, 1, "who is not signed in stays by address");
  t.same(
    await all(one, members, "/v1/public"),
    served,
    "who shows a token that nobody asks for is known by it",
  );

  const statuses = new Set<string>();
  let running = true;
  const load = Promise.all(
    [one, two].map(async (url) => {
      while (running) for (const name of await all(url, members.slice(0, 10))) statuses.add(name);
    }),
  );
  for (const weight of [100, 0, 30, 100]) {
    await set(weight, "operator", null);
    const expected = weight === 100 ? 40 : weight === 0 ? 0 : undefined;
    await eventually(async () => {
      for (const url of [one, two]) {
        const count = await atCanary(url);
        assert.ok(expected === undefined ? count > 0 && count < 40 : count === expected);
      }
    });
  }
  running = false;
  await load;
  t.same([...statuses].sort(), ["canary", "stable"], "no request was lost while weights changed");
  const metrics = await (await fetch(`${gateways[0]?.opsUrl}/metrics`)).text();
  t.match(metrics, /kismet_canary_weight\{upstream="matching",service="gateway"\} 100/);
  t.match(metrics, /kismet_canary_requests_total\{upstream="matching",variant="canary",outcome="ok"/);
});

test("A52 rolled back by itself, everywhere, when it fails or is slow; and not again before it is set anew", async (t) => {
  const { set, told, mood, start, all, atCanary } = await startEdge(t);
  const [one, two] = [await start(), await start()];
  const drive = (url: string, until: () => Promise<void>) =>
    eventually(
      async () => {
        await all(url);
        await until();
      },
      { timeoutMs: 20_000, everyMs: 1 },
    );
  const isBack = async () => {
    for (const { url } of [one, two]) assert.equal(await atCanary(url), 0);
  };
  await set(50, "operator", null);
  await drive(one.url, async () => assert.ok((await atCanary(one.url)) > 5 && (await atCanary(two.url)) > 5));
  const begin = performance.now();
  await drive(one.url, async () => assert.ok(performance.now() - begin > 2_500));
  t.same(told, ["50 operator "], "a good one stays");

  mood.failing = 0.3;
  await drive(one.url, isBack);
  t.equal(told.length, 2);
  t.match(told[1], /^0 gateway errors: [\d.]+ % of its requests failed, of the others' 0\.0 %/);

  mood.failing = 0;
  mood.delayMs = 250;
  await set(50, "operator", null);
  await drive(one.url, isBack);
  t.match(told.at(-1), /^0 gateway latency: [\d.]+ % of its answers took more than \d+ ms/);
  t.equal(told.length, 4);
  const metrics = await (await fetch(`${one.opsUrl}/metrics`)).text();
  t.match(
    metrics,
    /kismet_canary_rollbacks_total\{upstream="matching",because="latency",service="gateway"\} 1/,
  );
});

test("A52 a canary that is gone is left by itself, also while auth can't be told; auth is told when it is back", async (t) => {
  const { set, told, auth, startAuth, start, all, canary } = await startEdge(t);
  await set(50, "operator", null);
  const gateway = await start();
  t.ok((await all(gateway.url)).includes("canary"));
  await auth.stop();
  await canary?.close();
  await eventually(async () => assert.deepEqual(new Set(await all(gateway.url)), new Set(["stable"])), {
    timeoutMs: 30_000,
    everyMs: 1,
  });
  t.same(told, ["50 operator "], "nobody has heard of it");
  await startAuth();
  await eventually(() => assert.equal(told.length, 2));
  t.match(told[1], /^0 gateway errors: /);
});

test("A52 a gateway that starts while auth is away sends everything to the stable instances", async (t) => {
  const { mood, set, auth, startAuth, start, members, all, atCanary } = await startEdge(t);
  // As it is a minute later, when the event of the change is not looked at any more.
  mood.isEventLost = true;
  await set(50, "operator", null);
  const early = await start();
  await eventually(async () => assert.ok((await atCanary(early.url)) > 5));
  await auth.stop();
  const late = await start();
  // Who has never had auth's keys knows no member: who asks is told apart by address.
  const from = (gateway: { url: string }) =>
    Promise.all(
      members.map(async (_, i) => {
        const headers = { "x-forwarded-for": `203.0.113.${i}` };
        const answer = await fetch(`${gateway.url}/v1/public`, { headers });
        return ((await answer.json()) as { name: string }).name;
      }),
    );
  t.same(new Set(await from(late)), new Set(["stable"]));
  t.same(new Set(await from(early)), new Set(["stable", "canary"]), "one that knew the split goes on by it");
  await startAuth();
  await eventually(async () => assert.deepEqual(await from(late), await from(early)));
  t.same(await all(late.url), await all(early.url));
});

test("A52 what a client's own haste or size brings about speaks neither against a canary nor for it", async (t) => {
  const { set, told, start, members, all } = await startEdge(t);
  await set(50, "operator", null);
  const gateway = await start();
  const served = await all(gateway.url);
  const haste = { "x-deadline-ms": "20" };
  const largeBody = () => new Blob(["x".repeat(200_000)]).stream();
  const provoke = async ({ headers }: (typeof members)[number]) => {
    const answers = await Promise.all([
      fetch(`${gateway.url}/v1/slow`, { headers: { ...headers, ...haste } }),
      fetch(`${gateway.url}/v1/punctual`, { headers: { ...headers, ...haste } }),
      fetch(`${gateway.url}/v1/large`, {
        method: "POST",
        headers,
        body: largeBody(),
        duplex: "half",
      } as RequestInit),
    ]);
    return answers.map(({ status }) => status).join(" ");
  };
  const seen = new Set<string>();
  const provokeAt = async (name: string, forMs: number) => {
    const member = members[served.indexOf(name)] ?? assert.fail();
    const begin = performance.now();
    while (performance.now() - begin < forMs) {
      await all(gateway.url);
      for (const each of await Promise.all(Array.from({ length: 2 }, () => provoke(member)))) seen.add(each);
    }
  };
  // Until what comes is of this split and settled, and for as long as two judgements take.
  await provokeAt("canary", 3_500);
  t.notOk(
    told.some((each) => each.includes("errors")),
    "nobody has taken it back for what it did not do",
  );
  await provokeAt("stable", 500);
  t.same([...seen], ["504 504 413"]);
  const metrics = await (await fetch(`${gateway.opsUrl}/metrics`)).text();
  const counted = [...metrics.matchAll(/^kismet_canary_requests_total{.*variant="(\w+)",outcome="(\w+)"/gm)];
  t.same(counted.map(([, variant, outcome]) => `${variant} ${outcome}`).sort(), ["canary ok", "stable ok"]);
});

test("A52 a canary whose sockets can't be opened is taken back, and a refusal by its rules is none of its failures", async (t) => {
  const world = await createWorld(t, { realAuth: true });
  const mood = { refusal: "401 Unauthorized" };
  const startChat = (isCanary: boolean) =>
    startUpstream(t, (app) => {
      const sockets = new WebSocketServer({ noServer: true });
      app.server.on("upgrade", (request, socket, head) => {
        if (isCanary) socket.end(`HTTP/1.1 ${mood.refusal}\r\ncontent-length: 0\r\n\r\n`);
        else sockets.handleUpgrade(request, socket, head, () => undefined);
      });
    });
  const [stable, canary] = [await startChat(false), await startChat(true)];
  const told: string[] = [];
  const split = {
    service: "chat" as const,
    version: 1,
    weight: 50,
    changedAt: new Date().toISOString(),
    changedBy: "operator ada",
    reason: null,
  };
  await world.standIn("auth", {
    answers: [
      answer(ListCanaries, async () => ({ splits: [split] })),
      answer(SetCanary, async ({ weight, by, reason }) => {
        told.push(`${weight} ${reason}`);
        return { ...split, weight, version: 2, changedBy: by, reason: reason ?? null };
      }),
    ],
  });
  const socketRoute = route("GET", "/v1/chat/socket", { auth: "member", limit: "webhook" }, "chat");
  const gateway = await startGateway(t, world, [{ ...socketRoute, websocket: true }], {
    ...settings,
    upstreamChat: [stable.url],
    canaryChat: [canary.url],
  });
  const members = Array.from({ length: 20 }, () => memberToken(world, { memberId: newId() }));
  const open = (token: string) =>
    new Promise<string>((resolve) => {
      const url = `${gateway.url.replace("http", "ws")}/v1/chat/socket`;
      const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
      socket.once("open", () => {
        socket.terminate();
        resolve("open");
      });
      socket.once("unexpected-response", (request, { statusCode }) => {
        request.destroy();
        resolve(`${statusCode}`);
      });
      socket.once("error", () => resolve("error"));
    });
  const openAll = () => Promise.all(members.map((token) => open(token)));
  const begin = performance.now();
  while (performance.now() - begin < 3_500) await openAll();
  t.same(new Set(await openAll()), new Set(["open", "401"]));
  t.same(told, [], "who may not have a socket says nothing against it");

  mood.refusal = "500 Internal Server Error";
  await eventually(async () => assert.deepEqual(new Set(await openAll()), new Set(["open"])), {
    timeoutMs: 20_000,
    everyMs: 1,
  });
  await eventually(() => assert.equal(told.length, 1));
  t.match(told[0], /^0 errors: [\d.]+ % of its requests failed, of the others' 0\.0 %/);
});
