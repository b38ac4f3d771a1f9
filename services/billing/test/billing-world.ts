import { randomUUID } from "node:crypto";
import type { Checkout, CheckoutOpened, Entitlements } from "@kismet/contracts";
import {
  eventually,
  memberToken,
  MovedClock,
  newId,
  startTestService,
  type Teardown,
  type World,
} from "@kismet/testing";
import { request } from "undici";
import { buildApp } from "../src/app.ts";
import { Config } from "../src/config.ts";

export const webhookSecret = "k3Xw9mVbQ2rT7yLp4sZc8dFg1hJn6aUe0iOqRtYw";
/** Where the sandbox's pages seem to be; tests open them at whichever instance they like. */
export const publicUrl = "http://kismet.test";
/** Nobody listens there: for tests in which webhooks get lost, or are sent by the test itself. */
export const nowhere = "http://127.0.0.1:9/";

/** What every problem has, beside what the test expects. */
type Told = { code?: string; requestId?: string };
/** Nine test files may share two cores. */
export const patience = { timeoutMs: 15_000 };

export type Answer<T> = { status: number; body: T & Told };

export type Billing = { url: string; clock: MovedClock; stop(): Promise<void> };

export async function startBilling(
  t: Teardown,
  world: World,
  { clock = new MovedClock(), ...settings }: Partial<Config> & { clock?: MovedClock } = {},
): Promise<Billing> {
  const { url, stop } = await startTestService(t, world, {
    name: "billing",
    config: Config,
    buildApp,
    clock,
    settings: {
      sandboxEnabled: true,
      sandboxPublicUrl: publicUrl,
      sandboxWebhookSecret: webhookSecret,
      upkeepMs: 200,
      ...settings,
    },
  });
  return { url, clock, stop };
}

export async function call<T = object>(
  url: string,
  {
    method = "GET",
    token,
    key,
    headers,
    body,
  }: {
    method?: "GET" | "POST";
    token?: string;
    key?: string;
    headers?: Record<string, string>;
    body?: unknown;
  } = {},
): Promise<Answer<T>> {
  const answer = await request(url, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(key ? { "idempotency-key": key } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: answer.statusCode, body: (await answer.body.json()) as T & Told };
}

/** A member, and what they do at an instance. */
export function newMember(world: World, { url }: { url: string }, memberId = newId()) {
  const token = memberToken(world, { memberId });
  const post = <T = object>(path: string, rest: { key?: string; body?: unknown } = {}) =>
    call<T>(`${url}/v1/billing/${path}`, { method: "POST", token, ...rest });
  const get = <T = object>(path: string) => call<T>(`${url}/v1/billing/${path}`, { token });
  const member = {
    memberId,
    get,
    post,
    at: (other: { url: string }) => newMember(world, other, memberId),
    checkout: (productId: string, key: string = randomUUID()) =>
      post<CheckoutOpened>("checkout", { key, body: { productId, provider: "sandbox" } }),
    readCheckout: (id: string) => get<Checkout>(`checkout/${id}`),
    pay: (redirectUrl: string) =>
      call<{ status: string }>(`${redirectUrl.replace(publicUrl, url)}/pay`, { method: "POST" }),
    entitlements: async () => (await get<Entitlements>("entitlements")).body,
    /** Opens, pays, and waits until the service knows. */
    async buy(productId: string): Promise<string> {
      const { checkoutId, redirectUrl } = (await member.checkout(productId)).body;
      await member.pay(redirectUrl);
      await eventually(async () => {
        const { status } = (await member.readCheckout(checkoutId)).body;
        if (status !== "paid") throw new Error(`the checkout is ${status}`);
      }, patience);
      return checkoutId;
    },
  };
  return member;
}

export type TestMember = ReturnType<typeof newMember>;

export async function countRows(world: World, table: string, where = "true", values: unknown[] = []) {
  const [row] = await world.sql<{ n: number }>(
    `SELECT count(*)::int AS n FROM billing.${table} WHERE ${where}`,
    values,
  );
  return row?.n ?? 0;
}
