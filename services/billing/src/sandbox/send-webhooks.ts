import { type Breaker, contextFromHeaders, runWithContext, signBody } from "@kismet/service-kit";
import { request } from "undici";
import type { Sandbox } from "./sandbox.ts";
import { signatureHeader } from "./sandbox-protocol.ts";
import { type Delivery, planDelivery, takeDeliveries } from "./sandbox-repository.ts";

const batch = 10;
export const sendTimeoutMs = 3_000;
/** Longer than sending takes: another instance sends it again if this one dies over it. */
const leaseMs = 10_000;
const firstRetryMs = 500;
const maxAttempts = 12;

export type SendWebhook = Breaker<[url: string, delivery: Delivery, signature: string], void>;

/** Posts over HTTP, as a provider does. Throws unless it is answered with 200. */
export async function postWebhook(
  url: string,
  { body, requestId }: Delivery,
  signature: string,
): Promise<void> {
  const answer = await request(url, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": requestId, [signatureHeader]: signature },
    body,
    headersTimeout: sendTimeoutMs,
    bodyTimeout: sendTimeoutMs,
  });
  await answer.body.dump();
  if (answer.statusCode !== 200) throw new Error(`the webhook was answered with ${answer.statusCode}`);
}

/** Sends what waits. Answers whether there may be more. */
export async function sendWebhooks(sandbox: Sandbox, send: SendWebhook): Promise<boolean> {
  const { database, clock, isUnruly, random, webhookUrl } = sandbox;
  const url = webhookUrl();
  // Nobody listens before the service has started.
  if (url === undefined) return false;
  const now = clock.now();
  const taken = await database.transaction((tx) => takeDeliveries(tx, { now, leaseMs, limit: batch }));
  const order = isUnruly ? shuffled([...taken, ...taken], random) : taken;
  await Promise.all(order.map((delivery) => sendOne(sandbox, send, url, delivery)));
  return taken.length === batch;
}

async function sendOne(sandbox: Sandbox, send: SendWebhook, url: string, delivery: Delivery): Promise<void> {
  const { database, clock, webhookSecret, logger } = sandbox;
  const { id, body, requestId, attempts } = delivery;
  const header = (name: string) => (name === "x-request-id" ? requestId : undefined);
  await runWithContext(contextFromHeaders(header, { timeoutMs: leaseMs }), async () => {
    try {
      await send.fire(url, delivery, signBody(webhookSecret, body, clock.now()));
      await planDelivery(database.read, id, null);
    } catch (error) {
      logger.warn({ err: error, webhookId: id, attempts }, "a sandbox webhook was not taken");
      const againMs = firstRetryMs * 2 ** attempts;
      const again = attempts < maxAttempts ? new Date(clock.now().getTime() + againMs) : null;
      await planDelivery(database.read, id, again);
    }
  });
}

function shuffled<T>(items: T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
