import assert from "node:assert/strict";
import { eventually, spawnSystem } from "@kismet/testing";
import { addAuthenticator, type Browser, noBrowser, openBrowser, type Page } from "@kismet/testing/browser";
import t from "tap";
import { call, goodPassword, newMember, patience } from "./auth-world.ts";

/** The real edge before the real service, and a real browser before them. */
async function start() {
  const system = await spawnSystem(t, { auth: "real", services: ["gateway", "auth"] });
  const browser = await openBrowser(t);
  if (!system.mail) throw new Error("the real auth sends mails");
  const { port } = new URL(system.url);
  return { system, mail: system.mail, browser, origin: `http://localhost:${port}` };
}

async function visit(browser: Browser, origin: string): Promise<Page> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const answer = await page.goto(`${origin}/auth/passkeys`);
  assert.equal(answer?.status(), 200);
  assert.match(
    answer?.headers()["content-security-policy"] ?? "",
    /script-src 'self'; connect-src 'self'; default-src 'none'/,
  );
  await says(page, "ready");
  return page;
}

/** What the page says of its last step, once it is done. */
async function says(page: Page, state: string): Promise<void> {
  await eventually(async () => {
    const found = await page.evaluate("document.querySelector('#said').dataset.state");
    assert.equal(found, state);
  }, patience);
}

/** By the page itself, whatever else the machine is busy with. */
const press = (page: Page, selector: string) =>
  page.evaluate(`document.querySelector("${selector}").click()`);
const fill = (page: Page, selector: string, text: string) =>
  page.evaluate(`document.querySelector("${selector}").value = ${JSON.stringify(text)}`);

async function signInByPassword(page: Page, email: string): Promise<void> {
  await fill(page, "#email", email);
  await fill(page, "#password", goodPassword);
  await press(page, "#password-form button");
  await says(page, "signedIn");
}

async function add(page: Page, name: string, outcome = "added"): Promise<void> {
  await fill(page, "#name", name);
  await press(page, "#add-form button");
  await says(page, outcome);
}

async function signIn(page: Page, origin: string, outcome = "signedIn"): Promise<void> {
  await page.goto(`${origin}/auth/passkeys`);
  await says(page, "ready");
  await press(page, "#sign-in");
  await says(page, outcome);
}

const names = (page: Page) =>
  page.evaluate(`[...document.querySelectorAll("#list li")].map((item) => item.firstChild.textContent)`);

if (noBrowser) {
  await t.test("a member signs in by passkey on a page", { skip: noBrowser }, async () => undefined);
} else {
  const { system, mail, browser, origin } = await start();

  await t.test("on a page a member adds passkeys, signs in without a name, and removes them", async (t) => {
    const { email } = await newMember(system, mail);
    const page = await visit(browser, origin);
    const phone = await addAuthenticator(page);
    await signInByPassword(page, email);
    await add(page, "Phone");
    await add(page, "Phone again", "nobody");
    t.same(await names(page), ["Phone"], "an authenticator has one passkey of an account");
    await phone.remove();
    const laptop = await addAuthenticator(page);
    await add(page, "Laptop");
    t.same(await names(page), ["Phone", "Laptop"]);

    await signIn(page, origin);
    t.same(await names(page), ["Phone", "Laptop"], "nobody had to say who it is");
    await press(page, "#list li:first-child button");
    await says(page, "removed");
    t.same(await names(page), ["Laptop"]);

    await laptop.setUserVerified(false);
    await signIn(page, origin, "nobody");
    await laptop.setUserVerified(true);
    await signIn(page, origin);
    await press(page, "#list li:first-child button");
    await says(page, "removed");
    await signIn(page, origin, "refused");
  });

  await t.test("a copy of a passkey gives itself away by its counter", async (t) => {
    const { email, session } = await newMember(system, mail);
    const page = await visit(browser, origin);
    const device = await addAuthenticator(page);
    await signInByPassword(page, email);
    await add(page, "Phone");
    const [copied] = await device.credentials();
    assert.ok(copied);
    await signIn(page, origin);
    await signIn(page, origin);
    await device.removeCredential(copied.credentialId);
    await device.addCredential(copied);
    await signIn(page, origin, "refused");
    const listed = await call<{ items: { suspendedAt: string | null }[] }>(
      system,
      "GET",
      "/v1/auth/passkeys",
      {
        token: session.accessToken,
      },
    );
    t.match(listed.body.items, [{ suspendedAt: String }]);
  });

  await t.test("what a browser signs for another origin is refused", async (t) => {
    const { email } = await newMember(system, mail);
    const page = await visit(browser, origin);
    const device = await addAuthenticator(page);
    await signInByPassword(page, email);
    await add(page, "Phone");
    const [credential] = await device.credentials();
    assert.ok(credential);
    // The same machine at another port: for the browser the same relying party, for us another origin.
    const [auth] = system.instances("auth");
    const elsewhere = await (await browser.createBrowserContext()).newPage();
    await elsewhere.goto(`http://localhost:${new URL(auth?.url ?? "").port}/auth/passkeys`);
    const thief = await addAuthenticator(elsewhere);
    await thief.addCredential(credential);
    await says(elsewhere, "ready");
    await press(elsewhere, "#sign-in");
    await says(elsewhere, "refused");
    t.same((await thief.credentials()).length, 1);
    await signIn(page, origin);
  });
}
