import assert from "node:assert/strict";
import { type MailCatcher, startMailCatcher } from "@kismet/dev";
import type { Session } from "@kismet/contracts";
import {
  eventually,
  MovedClock,
  startTestService,
  type Teardown,
  type TestService,
  type World,
} from "@kismet/testing";
import pg from "pg";
import { request } from "undici";
import { buildApp } from "../src/app.ts";
import { Config } from "../src/config.ts";

export const hashSecret = "q8Tn3vLx0Zr5Kc7Wd2Hs9Yb4Mf6Gj1Pa_hash";
export const keyEncryptionSecret = "u2Xe7Rk4Vn9Bs1Qy6Ct3Lw8Zm5Hd0Jf_seal";
/** Of the gateway that is not there. */
export const publicUrl = "https://kismet.test";
/** From where pages are taken to come. */
export const pageOrigin = "http://localhost:8080";
export const auditSecret = "w5Jc8Np2Qk6Tz1Rf9Xd4Vb7Gm3Ls0Hy_audit";
/** Test files share two cores. */
export const patience = { timeoutMs: 15_000 };

type Told = { code?: string; requestId?: string; detail?: string };
export type Answer<T = object> = { status: number; body: T & Told; headers: Record<string, unknown> };

/** Stands still unless it is moved, so that 30 s are 30 s however busy the machine is. */
export class StoppedClock extends MovedClock {
  #at = Date.now();
  override now(): Date {
    return new Date(this.#at);
  }
  override move(ms: number): void {
    this.#at += ms;
  }
}

export async function startMail(t: Teardown): Promise<MailCatcher> {
  const mail = await startMailCatcher({ log: () => undefined });
  t.teardown(() => mail.stop());
  return mail;
}

export async function startAuth(
  t: Teardown,
  world: World,
  mail: { smtpPort: number },
  {
    clock = new MovedClock(),
    build = buildApp,
    ...settings
  }: Partial<Config> & { clock?: MovedClock; build?: typeof buildApp } = {},
): Promise<TestService<Config> & { clock: MovedClock }> {
  const service = await startTestService(t, world, {
    name: "auth",
    config: Config,
    buildApp: build,
    clock,
    settings: { ...secretsAnd(mail), ...settings },
  });
  return { ...service, clock };
}

const secretsAnd = ({ smtpPort }: { smtpPort: number }) => ({
  smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
  publicUrl,
  hashSecret,
  keyEncryptionSecret,
  auditSecret,
  passkeyRpId: "localhost",
  passkeyOrigins: [pageOrigin],
});

/** For parts of the service on their own. */
export function authSettings(world: World, mail: { smtpPort: number }): Record<string, unknown> {
  return { ...world.settings("auth"), ...secretsAnd(mail) };
}

export async function call<T = object>(
  { url }: { url: string },
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  { token, body, headers }: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer<T>> {
  const answer = await request(`${url}${path}`, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.body.text();
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: (text === "" ? {} : JSON.parse(text)) as T & Told,
  };
}

type CaughtMail = {
  html?: string;
  subject: string;
  text: string;
  to: { address: string }[];
  headers: Record<string, string>;
};

/** Mails to an address, oldest first. */
export async function mailsTo(mail: MailCatcher, address: string): Promise<CaughtMail[]> {
  const answer = await request(`${mail.url}/api/email`);
  const all = (await answer.body.json()) as CaughtMail[] | { items: CaughtMail[] };
  const list = Array.isArray(all) ? all : all.items;
  return list.filter(({ to }) => to.some((recipient) => recipient.address === address));
}

/** The text of the `count`th mail to an address, once it has come. */
export async function mailText(mail: MailCatcher, address: string, count = 1): Promise<string> {
  return eventually(async () => {
    const mails = await mailsTo(mail, address);
    const found = mails[count - 1];
    if (!found) throw new Error(`${mails.length} mails to ${address}`);
    return found.text;
  }, patience);
}

export async function codeTo(mail: MailCatcher, address: string, count = 1): Promise<string> {
  const code = /\b\d{6}\b/.exec(await mailText(mail, address, count))?.[0];
  if (!code) throw new Error("the mail has no code");
  return code;
}

let addresses = 0;

export function newAddress(): string {
  addresses += 1;
  return `member-${addresses}-${crypto.randomUUID().slice(0, 8)}@mail.test`;
}

export const goodPassword = "heron-lantern-47-quiet";

export function signup(auth: { url: string }, email: string, password = goodPassword): Promise<Answer> {
  const body = { email, password, birthDate: "1994-05-17", locale: "en-IE", acceptedTermsVersion: "2026-01" };
  return call(auth, "POST", "/v1/auth/signup", { body });
}

export function verify(auth: { url: string }, email: string, code: string): Promise<Answer<Session>> {
  return call(auth, "POST", "/v1/auth/verify-email", { body: { email, code } });
}

export function logIn(
  auth: { url: string },
  email: string,
  password = goodPassword,
  name?: string,
): Promise<Answer<Session>> {
  const body = { email, password, ...(name ? { device: { name } } : {}) };
  return call(auth, "POST", "/v1/auth/login", { body });
}

export function refresh(auth: { url: string }, refreshToken: string): Promise<Answer<Session>> {
  return call(auth, "POST", "/v1/auth/refresh", { body: { refreshToken } });
}

/** A verified member, signed in. */
export async function newMember(
  auth: { url: string },
  mail: MailCatcher,
): Promise<{ email: string; session: Session }> {
  const email = newAddress();
  await signup(auth, email);
  const { status, body } = await verify(auth, email, await codeTo(mail, email));
  if (status !== 200) throw new Error(`verification answered ${status}`);
  return { email, session: body };
}

/** Holds the lock of a member's row, and does something meanwhile, until it is told to commit. */
export async function holdAccount(
  world: World,
  memberId: string,
  meanwhile = "SELECT 1",
): Promise<{ commit(): Promise<void> }> {
  const client = new pg.Client({ connectionString: String(world.settings("auth")["databaseUrl"]) });
  await client.connect();
  await client.query("BEGIN");
  await client.query("SELECT 1 FROM auth.accounts WHERE member_id = $1 FOR UPDATE", [memberId]);
  await client.query(meanwhile);
  return {
    async commit() {
      await client.query("COMMIT");
      await client.end();
    },
  };
}

/** Until so many wait for a lock in this world's database. */
export async function waitingForLocks(world: World, count: number): Promise<void> {
  await eventually(async () => {
    const [row] = await world.sql<{ n: number }>(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    assert.equal(row?.n, count);
  }, patience);
}

/** Of a session with both factors, which alone carries roles. How factors are asked for is tested elsewhere. */
export async function strongToken(
  auth: { url: string },
  world: World,
  email: string,
  password = goodPassword,
): Promise<string> {
  const { body } = await logIn(auth, email, password);
  await world.sql("UPDATE auth.sessions SET methods = '{password,totp}' WHERE id = $1", [body.sessionId]);
  return (await refresh(auth, body.refreshToken)).body.accessToken;
}
