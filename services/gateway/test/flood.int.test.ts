import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { securityHeaders } from "@kismet/service-kit";
import { createWorld, eventually, freePort } from "@kismet/testing";
import t, { test } from "tap";
import { route, startGateway, startUpstream } from "./fixture.ts";
import type { FloodOptions, FloodResult } from "./flood-main.ts";

// Of a busy machine.
t.setTimeout(120_000);

const table = [
  route("GET", "/v1/deck", { limit: "discovery" }),
  route("GET", "/v1/slow", { limit: "message", timeoutMs: 4_000 }),
];
const settings = { limitScale: 1_000_000, shedAfterMs: 80, shedQueueMs: 100 };

async function flood(options: FloodOptions): Promise<FloodResult> {
  const script = fileURLToPath(new URL("flood-main.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(options)]);
  return JSON.parse(stdout) as FloodResult;
}

/** A gateway on a slow machine: each request that it lets in costs it so much more of its time. */
const costMs = 8;
const capacity = 1_000 / costMs;
async function startSlowGateway(t: Parameters<typeof createWorld>[0], more: object = {}) {
  const world = await createWorld(t);
  const servicePort = await freePort();
  const gateway = await startGateway(
    t,
    world,
    table,
    { ...settings, upstreamMatching: [`http://127.0.0.1:${servicePort}`], ...more },
    undefined,
    (app) =>
      app.addHook("preHandler", (request, _reply, done) => {
        const end = performance.now() + costMs;
        if (request.url.startsWith("/v1/")) while (performance.now() < end);
        done();
      }),
  );
  return { url: gateway.url, opsUrl: gateway.opsUrl, servicePort };
}

test("a flood at twice the capacity: health is green, what is let in is answered in time, the rest is told to come back", async (t) => {
  const options = { path: "/v1/deck", rate: 2 * capacity, seconds: 3, skipSeconds: 1 };
  const slow = await startSlowGateway(t);
  const { counts, p99, retryAfter, health } = await flood({ ...options, ...slow });
  t.comment(JSON.stringify({ counts, p99, health }));
  t.ok(p99 < 500, `p99 of what was let in: ${p99} ms`);
  t.ok((counts["200"] ?? 0) > 100, "it goes on working");
  t.ok((counts["503"] ?? 0) > 100 && retryAfter, "the rest gets 503 with Retry-After");
  t.same(Object.keys(counts).sort(), ["200", "503"]);
  t.ok(health.asked > 10 && health.failed === 0 && health.slowestMs < 1_000, JSON.stringify(health));
  const metrics = await (await fetch(`${slow.opsUrl}/metrics`)).text();
  t.match(metrics, /kismet_shed_total\{reason="event_loop",priority="low",service="gateway"\} [1-9]/);
  const shed = { "200": counts["200"] ?? 0, p99 };

  const open = await startSlowGateway(t, { shedAfterMs: 60_000 });
  const without = await flood({ ...options, ...open });
  t.comment(JSON.stringify(without));
  t.ok(without.p99 > 2 * shed.p99 && without.p99 > 1_000, `without it: ${without.p99} ms`);
});

test("a service that can't keep up is asked less at once, and more again when it can", async (t) => {
  const world = await createWorld(t);
  let eachMs = 8;
  const waiting: (() => void)[] = [];
  const timer = setInterval(() => {
    // One at a time, so that twice as many take twice as long.
    for (let i = 0; i < 16 / eachMs; i += 1) waiting.shift()?.();
  }, 16);
  t.teardown(() => clearInterval(timer));
  const service = await startUpstream(t, (app) =>
    app.get("/v1/slow", async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { ok: true };
    }),
  );
  const { url, opsUrl } = await startGateway(t, world, table, {
    ...settings,
    upstreamMatching: [service.url],
    corsOrigins: ["https://app.example"],
  });
  const limit = async () => {
    const metrics = await (await fetch(`${opsUrl}/metrics`)).text();
    return Number(
      /kismet_upstream_concurrency\{upstream="matching",of="limit"[^}]*\} (\d+)/.exec(metrics)?.[1],
    );
  };
  t.equal(await limit(), 200);
  const { counts, p99, retryAfter, health } = await flood({
    url,
    opsUrl,
    path: "/v1/slow",
    rate: 250,
    seconds: 5,
    skipSeconds: 2.5,
  });
  t.comment(JSON.stringify({ counts, p99, health, limit: await limit() }));
  t.ok(p99 < 1_000, `p99 of what was let in: ${p99} ms; as many as there are would wait for seconds`);
  t.ok((counts["503"] ?? 0) > 100 && retryAfter);
  const burst = await Promise.all(
    Array.from({ length: 400 }, async () => {
      const answer = await fetch(`${url}/v1/slow`, { headers: { origin: "https://app.example" } });
      await answer.arrayBuffer();
      return answer;
    }),
  );
  const refused = burst.find(({ status }) => status === 503);
  t.match(refused && Object.fromEntries(refused.headers), {
    "access-control-allow-origin": "https://app.example",
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": /retry-after/,
    vary: /origin/i,
    ...securityHeaders,
  });
  const low = await limit();
  t.ok(low < 100, `${low} at once`);
  eachMs = 0.25;
  await eventually(
    async () => {
      await Promise.all(
        Array.from({ length: low }, () => fetch(`${url}/v1/slow`).then((a) => a.arrayBuffer())),
      );
      assert.ok((await limit()) > low, "it grows when there is room");
    },
    { timeoutMs: 20_000, everyMs: 1 },
  );
});
