/**
 * Floods a gateway from a process of its own, and says what came of it as one line of JSON. Requests come at their own
 * pace, as those of many people do: who waits for answers before asking on would flood nobody. They come over
 * connections that are open already, as those of an ingress are.
 */
import { Agent, createServer, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

export type FloodOptions = {
  url: string;
  opsUrl: string;
  /** Where this process plays the service, if it does. */
  servicePort?: number;
  path: string;
  rate: number;
  seconds: number;
  /** What came of the first of it is not told. */
  skipSeconds: number;
};
export type FloodResult = {
  /** By status; 0 if there was no answer. */
  counts: Record<string, number>;
  /** Of what was answered with 200, in ms. */
  p50: number;
  p99: number;
  retryAfter: boolean;
  /** Of `/healthz` on both ports, asked all the time, at the second one by a new connection each time. */
  health: { asked: number; failed: number; slowestMs: number };
};

const { url, opsUrl, servicePort, path, rate, seconds, skipSeconds } = JSON.parse(
  process.argv[2] ?? "{}",
) as FloodOptions;
const everyMs = 10;
/** Nobody waits longer; it also bounds how long this goes on after the last request. */
const patienceMs = 3_000;
const connections = 400;
const agent = new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections });
const healthAgent = new Agent({ keepAlive: true, maxSockets: 1 });
const counts: Record<string, number> = {};
const latencies: number[] = [];
let retryAfter = true;
let begin = performance.now();
const elapsedMs = () => performance.now() - begin;

function ask(
  address: string,
  by: Agent | false = agent,
): Promise<{ status: number; ms: number; hasRetryAfter: boolean }> {
  const asked = performance.now();
  return new Promise((resolve) => {
    const tell = (status: number, hasRetryAfter = false) =>
      resolve({ status, ms: performance.now() - asked, hasRetryAfter });
    request(address, { agent: by, timeout: patienceMs }, (response) => {
      response.resume();
      response.on("end", () => tell(response.statusCode ?? 0, response.headers["retry-after"] !== undefined));
      response.on("error", () => tell(0));
    })
      .on("timeout", function (this: { destroy(): void }) {
        this.destroy();
        tell(0);
      })
      .on("error", () => tell(0))
      .end();
  });
}

async function flood(): Promise<void> {
  const asking: Promise<void>[] = [];
  while (elapsedMs() < seconds * 1_000) {
    const due = Math.floor((elapsedMs() / 1_000) * rate);
    while (asking.length < due) asking.push(count(elapsedMs() > skipSeconds * 1_000));
    await delay(everyMs);
  }
  await Promise.all(asking);
}

async function count(isTold: boolean): Promise<void> {
  const { status, ms, hasRetryAfter } = await ask(url + path);
  if (!isTold) return;
  counts[status] = (counts[status] ?? 0) + 1;
  if (status === 503) retryAfter &&= hasRetryAfter;
  // Who gave up had waited for as long.
  if (status === 200 || status === 0) latencies.push(ms);
}

const health = { asked: 0, failed: 0, slowestMs: 0 };
async function watchHealth(address: string, by: Agent | false): Promise<void> {
  while (elapsedMs() < seconds * 1_000) {
    const { status, ms } = await ask(`${address}/healthz`, by);
    health.asked += 1;
    if (status !== 200) health.failed += 1;
    health.slowestMs = Math.max(health.slowestMs, ms);
    await delay(50);
  }
}

if (servicePort !== undefined) {
  createServer((_request, response) => response.end("{}")).listen(servicePort, "127.0.0.1");
  for (let i = 0; i < 20; i += 1) await ask(url + path);
}
await Promise.all(Array.from({ length: connections }, () => ask(`${url}/healthz`)));
begin = performance.now();
await Promise.all([flood(), watchHealth(url, healthAgent), watchHealth(opsUrl, false)]);
latencies.sort((a, b) => a - b);
const quantile = (share: number) => Math.round(latencies[Math.floor(latencies.length * share)] ?? 0);
const result: FloodResult = { counts, p50: quantile(0.5), p99: quantile(0.99), retryAfter, health };
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit();
