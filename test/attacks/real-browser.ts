import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { System } from "@kismet/testing";
import { openBrowser, type Page } from "@kismet/testing/browser";
import type { Test } from "tap";
import { createClient } from "@kismet/client";
import type { Account } from "../sign-up.ts";

/** A page with nothing on it, of an origin of its own: another port of the same host is the same site. */
export async function startPage(t: Test | { teardown(end: () => void): void }): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><title>page</title>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Asked = { url: string; init: RequestInit };
type Got = { status: number; body: Record<string, unknown> };

function fetchIn(page: Page, url: string, init: RequestInit): Promise<Got | string> {
  return page.evaluate(
    async (asked: Asked) => {
      try {
        const response = await fetch(asked.url, { credentials: "include", ...asked.init });
        const text = await response.text();
        return {
          status: response.status,
          body: (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>,
        };
      } catch (error) {
        return String(error);
      }
    },
    { url, init },
  );
}

const post = (body: string, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  body,
  headers: { "content-type": "application/json", "x-kismet-client": "browser", ...headers },
});

/** A18 What the tables say of browsers, by one. */
export async function attackABrowser(
  t: Test,
  { system, ours, theirs, account }: { system: System; ours: string; theirs: string; account: Account },
): Promise<void> {
  const browser = await openBrowser(t);
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.goto(ours);
  const { email, password } = account.credentials;
  const login = await fetchIn(page, `${system.url}/v1/auth/login`, post(JSON.stringify({ email, password })));
  if (typeof login === "string") return void t.fail(login);
  t.equal(login.status, 200);
  t.notOk(login.body["refreshToken"], "no script gets the refresh token");
  const [cookie] = await context.cookies();
  t.match(cookie, {
    name: "__Host-kismet-session",
    httpOnly: true,
    secure: true,
    sameSite: "Strict",
    path: "/",
  });
  t.equal(await page.evaluate("document.cookie"), "", "nor by way of the cookie");

  await page.reload();
  const csrf = await fetchIn(page, `${system.url}/v1/auth/csrf`, {
    headers: { "x-kismet-client": "browser" },
  });
  if (typeof csrf === "string") return void t.fail(csrf);
  const token = { "x-csrf-token": String(csrf.body["csrfToken"]) };
  const refreshed = await fetchIn(page, `${system.url}/v1/auth/refresh`, post("{}", token));
  t.match(
    refreshed,
    { status: 200, body: { sessionId: login.body["sessionId"] } },
    "a page loaded anew goes on",
  );

  const generation = async () =>
    (
      await system.world.sql("SELECT generation, ended_at FROM auth.sessions WHERE id = $1", [
        login.body["sessionId"],
      ])
    )[0];
  const before = await generation();
  const sibling = await context.newPage();
  await sibling.goto(theirs);
  const refresh = `${system.url}/v1/auth/refresh`;
  for (const init of [
    post("{}"),
    post("{}", token),
    { method: "POST", mode: "no-cors", body: "{}", headers: { "content-type": "text/plain" } },
    {
      method: "POST",
      mode: "no-cors",
      body: "a=1",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    },
    { headers: { "x-kismet-client": "browser" } },
  ] satisfies RequestInit[]) {
    const got = await fetchIn(sibling, "method" in init ? refresh : `${system.url}/v1/auth/csrf`, init);
    t.ok(typeof got === "string" || got.status === 0, `a sibling reads nothing: ${JSON.stringify(got)}`);
  }
  await Promise.all([
    sibling.waitForNavigation(),
    // As text: it is for the page, whose names this program does not have.
    sibling.evaluate(`const form = document.createElement("form");
      Object.assign(form, { method: "post", action: "${refresh}", enctype: "text/plain" });
      document.body.append(form);
      form.submit();`),
  ]);
  t.match(await sibling.content(), /GATEWAY_ORIGIN_REFUSED/, "nor does its form do anything");
  t.same(await generation(), before, "the session is as it was");
  await useTheClient(t, system, account);
}

/** The typed client as a page uses it, with what a browser does for it. */
async function useTheClient(t: Test, system: System, { credentials }: Account): Promise<void> {
  let cookie = "";
  const jar: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    if (cookie !== "") request.headers.set("cookie", cookie);
    const response = await fetch(request);
    cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
    return response;
  };
  const open = () => createClient({ baseUrl: system.url, browser: true, fetch: jar });
  const { email, password } = credentials;
  const client = open();
  const login = await client.POST("/v1/auth/login", { body: { email, password } });
  t.equal(login.response.status, 200);
  for (const each of [client, open()]) {
    const used = cookie;
    const { data, response } = await each.POST("/v1/auth/refresh", { body: {} });
    t.equal(response.status, 200, "the client brings the token, also when it is made anew");
    t.ok(data?.accessToken && !data.refreshToken);
    t.not(cookie, used);
  }
}
