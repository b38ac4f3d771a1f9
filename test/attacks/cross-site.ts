import assert from "node:assert/strict";
import type { Problem, Session } from "@kismet/contracts";
import type { System } from "@kismet/testing";
import type { Test } from "tap";
import type { Account } from "../sign-up.ts";
import { routeTable } from "./route-table.ts";

export const ourOrigin = "https://app.kismet.example";
const sibling = "https://blog.kismet.example";
const cookieName = "__Host-kismet-session";

type Told = Partial<Session> & Partial<Problem> & { csrfToken?: string };
export type Sent = { status: number; body: Told; cookies: string[] };

/** As a browser sends it, but with any header. */
export async function send(
  url: string,
  method: "GET" | "POST" | "DELETE",
  headers: Record<string, string>,
  body?: string,
): Promise<Sent> {
  const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await answer.text();
  const isJson = String(answer.headers.get("content-type")).includes("json");
  return {
    status: answer.status,
    body: (isJson && text !== "" ? JSON.parse(text) : {}) as Told,
    cookies: answer.headers.getSetCookie(),
  };
}

const json = { "content-type": "application/json" };
const page = { ...json, origin: ourOrigin, "x-kismet-client": "browser", "sec-fetch-site": "same-site" };

export type Browser = {
  account: Account;
  cookie: string;
  csrfToken: string;
  sessionId: string;
  accessToken: string;
};

/** Signs in as our page does. */
export async function signInAsBrowser(system: System, account: Account): Promise<Browser> {
  const { email, password } = account.credentials;
  const login = await send(`${system.url}/v1/auth/login`, "POST", page, JSON.stringify({ email, password }));
  assert.equal(login.status, 200, "signed in");
  const [cookie = ""] = login.cookies;
  const { csrfToken = "", sessionId = "", accessToken = "" } = login.body;
  return { account, cookie: cookie.split(";")[0] ?? "", csrfToken, sessionId, accessToken };
}

type Headers = Record<string, string>;
type Row = [what: string, headers: Headers, body: string, refused: RegExp];

type CookieRoute = {
  method: "GET" | "POST";
  body?: string;
  forgeries(own: Browser, other: Browser, body: string): Row[];
};

/** How each route with a cookie is asked, and wrongly. A new one without a row fails. */
const cookieRoutes: Record<string, CookieRoute> = {
  "POST /v1/auth/refresh": { method: "POST", body: "{}", forgeries },
  "GET /v1/auth/csrf": { method: "GET", forgeries: readings },
};

/** It gives the token that others ask for: to a page of ours, for the cookie that is its own. */
function readings(own: Browser, other: Browser): Row[] {
  const { cookie } = own;
  const good = { ...page, cookie };
  const origin = /^GATEWAY_ORIGIN_REFUSED$/;
  const none = /^AUTH_REFRESH_REFUSED$/;
  const site = "cross-site";
  return [
    ["cross-site", { ...good, origin: "https://evil.example", "sec-fetch-site": site }, "", origin],
    ["cross-site, which hides its origin", { ...good, origin: "null", "sec-fetch-site": site }, "", origin],
    ["cross-site, with the origin of ours", { ...good, "sec-fetch-site": site }, "", origin],
    ["a sibling, which is the same site", { ...good, origin: sibling }, "", origin],
    ["no cookie", page, "", none],
    ["two cookies", { ...good, cookie: `${other.cookie}; ${cookie}` }, "", none],
    ["a cookie without its prefix", { ...good, cookie: cookie.replace("__Host-", "") }, "", none],
    ["a cookie that is altered", { ...good, cookie: `${cookie.slice(0, -1)}~` }, "", none],
  ];
}

/**
 * Straight at auth there is nobody who knows origins: what the edge alone refuses is tried there where it lacks the token
 * too, since only a page of ours can have that.
 */
function atAuth(rows: Row[]): Row[] {
  return rows.flatMap((row): Row[] => {
    const [what, headers, body, refused] = row;
    if (!refused.test("GATEWAY_ORIGIN_REFUSED")) return [row];
    const lacksToken = body !== "" && !("x-csrf-token" in headers);
    return lacksToken ? [[what, headers, body, /^AUTH_CSRF_REFUSED$/]] : [];
  });
}

function forgeries(own: Browser, other: Browser, body: string): Row[] {
  const { cookie } = own;
  const good = { ...page, cookie, "x-csrf-token": own.csrfToken };
  const { "x-csrf-token": _, ...without } = good;
  const cross = "https://evil.example";
  const csrf = /^AUTH_CSRF_REFUSED$/;
  const origin = /^GATEWAY_ORIGIN_REFUSED$/;
  const altered = `${own.csrfToken.slice(0, -1)}${own.csrfToken.endsWith("A") ? "B" : "A"}`;
  const form = "application/x-www-form-urlencoded";
  return [
    ["no token", without, body, csrf],
    ["an empty token", { ...good, "x-csrf-token": "" }, body, csrf],
    ["another's token", { ...good, "x-csrf-token": other.csrfToken }, body, csrf],
    ["an altered token", { ...good, "x-csrf-token": altered }, body, csrf],
    ["the session's id as token", { ...good, "x-csrf-token": own.sessionId }, body, csrf],
    ["the cookie as token", { ...good, "x-csrf-token": cookie.split("=")[1] ?? "" }, body, csrf],
    ["the token in the body", without, JSON.stringify({ csrfToken: own.csrfToken }), csrf],
    ["cross-site", { ...good, origin: cross, "sec-fetch-site": "cross-site" }, body, origin],
    [
      "cross-site, which hides its origin",
      { ...without, origin: "null", "sec-fetch-site": "cross-site" },
      body,
      origin,
    ],
    ["cross-site, with the origin of ours", { ...good, "sec-fetch-site": "cross-site" }, body, origin],
    ["a sibling, which is the same site", { ...without, origin: sibling }, body, origin],
    ["a sibling that has the token", { ...good, origin: sibling }, body, origin],
    [
      "a text/plain body",
      { ...without, "content-type": "text/plain" },
      body,
      /^(AUTH_CSRF_REFUSED|UNSUPPORTED_MEDIA_TYPE)$/,
    ],
    [
      "a text/plain body with the token",
      { ...good, "content-type": "text/plain" },
      body,
      /^UNSUPPORTED_MEDIA_TYPE$/,
    ],
    ["a form", { ...without, "content-type": form }, "a=1", /^(AUTH_CSRF_REFUSED|UNSUPPORTED_MEDIA_TYPE)$/],
    ["a form with the token", { ...good, "content-type": form }, "a=1", /^UNSUPPORTED_MEDIA_TYPE$/],
    [
      "a form with files",
      { ...good, "content-type": "multipart/form-data; boundary=x" },
      "--x--",
      /^UNSUPPORTED_MEDIA_TYPE$/,
    ],
    ["two cookies", { ...good, cookie: `${other.cookie}; ${cookie}` }, body, /^AUTH_REFRESH_REFUSED$/],
    ["another's cookie", { ...good, cookie: other.cookie }, body, csrf],
    [
      "a cookie without its prefix",
      { ...good, cookie: cookie.replace("__Host-", "") },
      body,
      /^AUTH_REFRESH_REFUSED$/,
    ],
  ];
}

/** A18 Whoever makes a browser send its cookie gets nothing done with it. */
export async function attackAcrossSites(t: Test, system: System, accounts: Account[]): Promise<void> {
  const [own, other] = await Promise.all(
    accounts.slice(0, 2).map((account) => signInAsBrowser(system, account)),
  );
  assert.ok(own && other);
  const generation = async () =>
    (await system.world.sql("SELECT generation, ended_at FROM auth.sessions WHERE id = ANY($1) ORDER BY id", [
      [own.sessionId, other.sessionId],
    ])) as object[];
  const untouched = await generation();
  const routes = routeTable.filter(({ policy }) => policy.cookie === true);
  t.same(
    routes.map(({ method, path }) => `${method} ${path}`).sort(),
    Object.keys(cookieRoutes).sort(),
    "each has a row",
  );
  const auth = system.instances("auth")[0]?.url ?? "";
  for (const [name, { method, body, forgeries: forge }] of Object.entries(cookieRoutes)) {
    const [, path = ""] = name.split(" ");
    const forged = forge(own, other, body ?? "");
    for (const [at, url, rows] of [
      ["the gateway", system.url, forged],
      ["auth", auth, atAuth(forged)],
    ] as const) {
      t.ok(rows.length >= 4, `${name} at ${at}: ${rows.length} forgeries`);
      for (const [what, headers, sent, refused] of rows) {
        const answer = await send(url + path, method, headers, body === undefined ? undefined : sent);
        t.match(answer.body.code, refused, `${name} at ${at}: ${what}`);
        t.notOk(answer.body.csrfToken, `${name} at ${at}: ${what} tells no token`);
        t.same(answer.cookies, [], `${name} at ${at}: ${what} sets no cookie`);
      }
    }
    t.same(await generation(), untouched, `${name}: nothing has moved`);
  }
  await provesTheCookieForm(t, system, own);
  await provesOthersSeeNone(t, system, other);
}

async function provesTheCookieForm(t: Test, system: System, own: Browser): Promise<void> {
  const good = { ...page, cookie: own.cookie, "x-csrf-token": own.csrfToken };
  t.match(own.cookie, /^__Host-kismet-session=./);
  const asked = await send(`${system.url}/v1/auth/csrf`, "GET", { ...page, cookie: own.cookie });
  t.equal(asked.body.csrfToken, own.csrfToken, "a page loaded anew gets the token again");
  t.equal((await send(`${system.url}/v1/auth/csrf`, "GET", page)).status, 401);

  // A script that runs in our page has everything but the cookie, and must not get it out.
  const { "x-kismet-client": _, ...native } = good;
  const refreshed = await send(`${system.url}/v1/auth/refresh`, "POST", native, "{}");
  t.equal(refreshed.status, 200, "the good one is good");
  t.notOk(refreshed.body.refreshToken, "what came by cookie goes by cookie");
  t.equal(refreshed.body.csrfToken, own.csrfToken);
  const [cookie = ""] = refreshed.cookies;
  t.not(cookie.split(";")[0], own.cookie, "and is rotated");
  t.same(cookie.split("; ").slice(1).sort(), [
    "HttpOnly",
    `Max-Age=${30 * 86_400}`,
    "Path=/",
    "SameSite=Strict",
    "Secure",
  ]);
  const token = { ...page, authorization: `Bearer ${refreshed.body.accessToken}` };
  const out = await send(`${system.url}/v1/auth/logout`, "POST", token);
  t.same(
    [out.status, out.cookies],
    [204, [`${cookieName}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict`]],
  );
  const after = { ...good, cookie: cookie.split(";")[0] ?? "" };
  t.equal(
    (await send(`${system.url}/v1/auth/refresh`, "POST", after, "{}")).body.code,
    "AUTH_REFRESH_REFUSED",
  );
}

/** A route that asks for a token takes no cookie for it. */
async function provesOthersSeeNone(t: Test, system: System, { cookie, csrfToken }: Browser): Promise<void> {
  for (const { service, method, path, policy, websocket } of routeTable) {
    if (policy.auth !== "member" || websocket === true || method === "PUT" || method === "PATCH") continue;
    const address = path.replaceAll(/:\w+/g, "00000000-0000-7000-8000-000000000000");
    const headers = { ...page, cookie, "x-csrf-token": csrfToken };
    const body = method === "GET" || method === "DELETE" ? undefined : "{}";
    for (const url of [system.url, system.instances(service)[0]?.url ?? ""]) {
      const answer = await send(url + address, method, headers, body);
      t.equal(
        answer.body.code,
        "UNAUTHENTICATED",
        `${method} ${path} at ${url === system.url ? "the gateway" : service}`,
      );
    }
  }
}
