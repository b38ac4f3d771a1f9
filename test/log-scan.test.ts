import assert from "node:assert/strict";
import { type CheckoutOpened, domainServices, serviceNames, type Session } from "@kismet/contracts";
import { leakShapes } from "@kismet/dev";
import { eventually, newId, spawnSystem, type System } from "@kismet/testing";
import t from "tap";
import { fillProfile, matchThem, Phone, type SystemMember } from "./member.ts";
import { type Account, ask, mailTo, signUp } from "./sign-up.ts";

t.setTimeout(90_000);

/** What no log may hold, by what it is. */
type Secrets = Map<string, string>;

/** Of a place that nobody else is at. */
const place = { latitude: 48.853219, longitude: 2.349871 };
const birthDate = "1991-07-23";

function marker(what: string): string {
  return `${what} ${newId()}`;
}

function isIn(line: string, secret: string): boolean {
  // A log line is JSON, in which quotes and others are escaped.
  return line.includes(secret) || line.includes(JSON.stringify(secret).slice(1, -1));
}

function leaksOf(lines: readonly { text: string }[], secrets: Secrets): string[] {
  return [...secrets].flatMap(([what, secret]) =>
    lines.filter(({ text }) => isIn(text, secret)).map(({ text }) => `${what}: ${text.slice(0, 500)}`),
  );
}

async function useAccount(system: System, account: Account, secrets: Secrets): Promise<void> {
  const { url, mail } = system;
  const { credentials, session, member } = account;
  const { email, password } = credentials;
  const wrongPassword = marker("wrong password");
  const device = { name: marker("phone of") };
  secrets.set("wrong password", wrongPassword).set("device", device.name);
  assert.equal((await ask(url, "/v1/auth/login", { email, password: wrongPassword })).status, 401);
  const login = await ask<Session>(url, "/v1/auth/login", { email, password, device });
  assert.equal(login.status, 200);
  const { refreshToken } = login.body;
  const refreshed = await ask<Session>(url, "/v1/auth/refresh", { refreshToken });
  assert.equal(refreshed.status, 200);
  secrets.set("refresh token", refreshToken).set("access token", login.body.accessToken);
  secrets.set("second refresh token", refreshed.body.refreshToken);
  secrets.set("first access token", session.accessToken).set("first refresh token", session.refreshToken);
  await ask(url, "/v1/auth/refresh", { refreshToken: `${refreshToken}x` });

  assert.equal((await ask(url, "/v1/auth/password/forgot", { email })).status, 202);
  assert.ok(mail);
  const token = /[A-Za-z0-9_-]{32,}/.exec(await mailTo(mail, email, /[A-Za-z0-9_-]{32,}/))?.[0] ?? "";
  assert.ok(token, "a reset token");
  secrets.set("reset token", token);
  const next = marker("next password");
  secrets.set("next password", next);
  const change = { currentPassword: password, newPassword: next };
  assert.equal((await member.call("POST", "/v1/auth/password/change", change)).status, 200);
  await ask(url, "/v1/auth/password/reset", { token, password: marker("late password") });
}

async function talk(system: System, [ann, ben]: SystemMember[], secrets: Secrets): Promise<void> {
  assert.ok(ann && ben);
  const bio = marker("bio");
  const message = marker(`it's a "secret" of`);
  secrets.set("bio", bio).set("message", message);
  await fillProfile(ann, "Ann", bio);
  assert.equal((await ann.call("PUT", "/v1/profile/location", place)).status, 204);
  const phone = new Phone(ben, [system.url]);
  await phone.turnOn();
  const id = await matchThem(ann, ben);
  const path = `/v1/conversations/${id}/messages`;
  const body = { clientMessageId: newId(), type: "text", text: message };
  assert.equal((await ann.call("POST", path, body)).status, 201);
  await eventually(() => assert.equal(phone.messageIds().length, 1));
  phone.turnOff();
  const { body: issued } = await ben.call<{ ticket: string }>("POST", "/v1/chat/ticket");
  secrets.set("ticket", issued.ticket);
}

/** What is refused is logged more often than what is not. */
async function beRefused(system: System, member: SystemMember, secrets: Secrets): Promise<void> {
  const secret = marker("misplaced");
  secrets.set("in a refused request", secret).set("encoded", encodeURIComponent(secret));
  const query = encodeURIComponent(secret);
  await member.call("GET", `/v1/discovery?limit=${query}`);
  await member.call("GET", `/v1/conversations/${newId()}/messages?${query}=1`);
  await member.call("GET", `/v1/profiles/${query}`);
  await member.call("GET", `/v1/${query}`);
  await member.call("PATCH", "/v1/profile", { bio: secret.repeat(20) });
  await member.call("PATCH", "/v1/profile", { [secret]: secret });
  await member.call("POST", "/v1/swipes", { targetId: newId(), action: "superlike", note: secret });
  await member.call("POST", "/v1/auth/password/change", { currentPassword: secret, newPassword: secret });
  await ask(system.url, "/v1/auth/signup", { email: secret, password: secret, birthDate: secret });
  await fetch(`${system.url}/v1/swipes`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${member.token}`,
      cookie: `session=${query}`,
      "content-type": "application/json",
      "x-request-id": secret,
    },
    body: `{"targetId": ${secret}`,
  });
  await fetch(`${system.url}/v1/profile`, { headers: { authorization: `Bearer ${member.token}${query}` } });
}

async function buy(member: SystemMember, target: SystemMember, secrets: Secrets): Promise<void> {
  const order = { productId: "superlikes_5", provider: "sandbox", country: "DE" };
  const headers = { "idempotency-key": newId() };
  const checkout = await member.call<Pick<CheckoutOpened, "redirectUrl">>(
    "POST",
    "/v1/billing/checkout",
    order,
    { headers },
  );
  assert.equal(checkout.status, 201);
  const page = new URL(checkout.body.redirectUrl);
  secrets.set("checkout token", page.pathname.split("/").at(-1) ?? "");
  assert.equal((await member.call("POST", `${page.pathname}/pay`)).status, 200);
  const note = marker("note");
  secrets.set("note", note);
  const superlike = { targetId: target.id, action: "superlike", note };
  await member.callPatiently("POST", "/v1/swipes", superlike);
}

await t.test("proof 8: nothing personal and nothing secret is in what the system logs (A04)", async (t) => {
  const system = await spawnSystem(t, {
    auth: "real",
    // As much as it can say: each statement is a slow one, each detail is told.
    env: { KISMET_LOG_LEVEL: "debug" },
    settings: Object.fromEntries(domainServices.map((name) => [name, { slowQueryMs: 1 }])),
  });
  const secrets: Secrets = new Map([
    ["birth date", birthDate],
    ["latitude", String(place.latitude)],
    ["longitude", String(place.longitude)],
  ]);
  const accounts = await Promise.all([1, 2, 3].map(() => signUp(system, { birthDate })));
  accounts.forEach(({ credentials, session, code }, i) => {
    secrets.set(`e-mail address ${i}`, credentials.email).set(`password ${i}`, credentials.password);
    secrets.set(`session ${i}`, session.accessToken).set(`refresh ${i}`, session.refreshToken);
    secrets.set(`code ${i}`, `"${code}"`);
  });
  const [ann, ben, cat] = accounts.map(({ member }) => member);
  if (!ann || !ben || !cat || !accounts[2]) return t.fail("there are three");
  for (const member of [ann, ben, cat]) await fillProfile(member, "Robin");
  await talk(system, [ann, ben], secrets);
  await beRefused(system, ann, secrets);
  await buy(ann, cat, secrets);
  await useAccount(system, accounts[2], secrets);
  assert.equal((await ben.call("DELETE", "/v1/auth/me")).status, 202);
  await system.stop();

  const { lines } = system;
  t.comment(`${lines.length} lines are scanned for ${secrets.size} secrets and ${leakShapes.length} shapes`);
  for (const service of serviceNames)
    t.ok(lines.filter((line) => line.service === service).length > 5, `${service} has said something`);
  t.ok(
    [...secrets.values()].every((secret) => secret.length >= 8),
    "each secret is one that nothing else looks like",
  );
  t.same(leaksOf(lines, secrets), [], "none of them is there");
  for (const [what, shape] of leakShapes)
    t.same(
      lines.filter(({ text }) => shape.test(text)).map(({ text }) => text.slice(0, 500)),
      [],
      `nothing there looks like ${what}`,
    );
  t.same(lines.filter(({ text }) => !isStructured(text)).slice(0, 5), [], "every line is structured");
  const planted = [...secrets.values()].map((secret) => ({ text: JSON.stringify({ message: secret }) }));
  t.equal(leaksOf(planted, secrets).length >= secrets.size, true, "what is planted is found");
});

function isStructured(text: string): boolean {
  try {
    const line = JSON.parse(text) as Record<string, unknown>;
    return ["level", "time", "service", "instanceId", "message"].every((field) => field in line);
  } catch {
    return false;
  }
}
