import assert from "node:assert/strict";
import { visitProvider } from "@kismet/dev";
import { eventually, spawnSystem } from "@kismet/testing";
import { addAuthenticator, type Browser, noBrowser, openBrowser, type Page } from "@kismet/testing/browser";
import { startOidcProvider } from "@kismet/testing/oidc";
import * as OTPAuth from "otpauth";
import t from "tap";
import { call, codeTo, goodPassword, newMember, patience } from "./auth-world.ts";
import { checkLook, frameOf, heardOn, nextStop } from "./page-checks.ts";

t.setTimeout(120_000);

/** The real edge before the real service, and a real browser before them. */
async function start() {
  const provider = await startOidcProvider(t);
  const system = await spawnSystem(t, {
    auth: "real",
    services: ["gateway", "auth"],
    oidcIssuer: provider.issuer,
    settings: { auth: { ...provider.options.settings.auth, codeIntervalMs: 0 } },
  });
  provider.serve(system.url);
  const browser = await openBrowser(t);
  if (!system.mail) throw new Error("the real auth sends mails");
  const { port } = new URL(system.url);
  return {
    system,
    mail: system.mail,
    browser,
    origin: `http://localhost:${port}`,
    issuer: provider.issuer,
  };
}

async function visit(browser: Browser, origin: string, lang = "en"): Promise<Page> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const answer = await page.goto(`${origin}/auth/passkeys?lang=${lang}`);
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

async function signInByPassword(page: Page, email: string, outcome = "signedIn"): Promise<void> {
  await fill(page, "#email", email);
  await fill(page, "#password", goodPassword);
  await press(page, "#password-form button");
  await says(page, outcome);
}

async function answer(page: Page, code: string, outcome: string): Promise<void> {
  await fill(page, "#code", code);
  await press(page, "#challenge-form button");
  await says(page, outcome);
}

/** The provider's own pages are filled in beside the browser, which is sent on from there. */
async function logInAtProvider(page: Page, issuer: string, login: string): Promise<void> {
  page.removeAllListeners("request");
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    if (!request.url().startsWith(issuer)) return void request.continue();
    void visitProvider(request.url(), login).then(({ url }) =>
      request.respond({ status: 303, headers: { location: url } }),
    );
  });
  await press(page, "#providers button");
}

const partsShown = (page: Page) =>
  page.evaluate(
    `["stranger", "challenge", "own"].filter((id) => document.getElementById(id).checkVisibility())`,
  );
const focused = (page: Page) => page.evaluate("document.activeElement.id");

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
  page.evaluate(`[...document.querySelectorAll("#list li bdi")].map((item) => item.textContent)`);

if (noBrowser) {
  await t.test("a member signs in by passkey on a page", { skip: noBrowser }, async () => undefined);
} else {
  const { system, mail, browser, origin, issuer } = await start();

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

  await t.test("a provider opens the page's door too, once the account's owner has linked it", async (t) => {
    const { email } = await newMember(system, mail);
    const page = await visit(browser, origin, "de");
    t.match(await heardOn(t, page, "the page"), [
      /heading/,
      /status/,
      /button/,
      /^button: Anmelden mit the dev/,
    ]);
    await logInAtProvider(page, issuer, "nobody-yet@mail.test");
    await says(page, "unknown");
    t.equal(await focused(page), "fault");
    await logInAtProvider(page, issuer, email);
    await says(page, "linkFirst");
    t.equal(new URL(page.url()).hash, "", "what came back stays in no history");
    t.match(await frameOf(page), { lang: "de", dir: "ltr", headings: ["Passkeys"] }, "in its language still");
    t.equal(await page.evaluate("sessionStorage.length"), 0, "nor the verifier");
    await signInByPassword(page, email, "linked");
    await page.goto(`${origin}/auth/passkeys`);
    await says(page, "ready");
    await logInAtProvider(page, issuer, email);
    await says(page, "signedIn");

    const lured = await visit(browser, origin);
    await lured.goto(`${origin}/auth/passkeys#provider=development&state=made-up&code=made-up`);
    await says(lured, "over");
    t.same(await partsShown(lured), ["stranger"], "a link that somebody has prepared signs nobody in");
    await lured.goto("about:blank");
    await lured.goto(`${origin}/auth/passkeys#provider=development&error=access_denied`);
    await says(lured, "denied");
  });

  await t.test(
    "a browser that has signed in on the page is known to it again, however it signs in",
    async (t) => {
      const { email, session } = await newMember(system, mail);
      const devices = async () => {
        const query = "SELECT id FROM auth.devices WHERE member_id = $1";
        return (await system.world.sql(query, [session.memberId])).length;
      };
      const page = await visit(browser, origin);
      await addAuthenticator(page);
      const again = async (signInOnce: () => Promise<void>) => {
        await page.goto(`${origin}/auth/passkeys`);
        await says(page, "ready");
        await signInOnce();
      };
      await signInByPassword(page, email);
      await add(page, "Key");
      t.equal(await devices(), 2, "one signed up, and this one");
      await again(() => signInByPassword(page, email));
      await signIn(page, origin);
      await again(() => logInAtProvider(page, issuer, email));
      await says(page, "linkFirst");
      await signInByPassword(page, email, "linked");
      await again(() => logInAtProvider(page, issuer, email));
      await says(page, "signedIn");
      t.equal(await devices(), 2, "which is the same each time");
    },
  );

  await t.test("what a sign-in asks for besides is answered on the page", async (t) => {
    const { email, session } = await newMember(system, mail);
    const { memberId, accessToken: token } = session;
    await system.world.sql("UPDATE auth.places SET value = 'elsewhere' WHERE member_id = $1", [memberId]);
    const page = await visit(browser, origin, "ar");
    await signInByPassword(page, email, "asked");
    t.equal(await focused(page), "code");
    t.match(
      (await heardOn(t, page, "the challenge")).join("\n"),
      /\ntextbox: الرمز الوارد في الرسالة.* \*\n/,
    );
    await checkLook(t, page, "the challenge, by mail");
    await answer(page, "000000", "wrongCode");
    t.equal(await focused(page), "fault");
    t.match((await heardOn(t, page, "wrong")).join("\n"), /\nalert: .*\*\n/, "which is read out");
    await checkLook(t, page, "wrong");
    const first = await codeTo(mail, email, 2);
    await press(page, "#again");
    await says(page, "sent");
    t.ok(first);
    await answer(page, await codeTo(mail, email, 3), "signedIn");
    t.same(await partsShown(page), ["own"]);

    const { body: enrolled } = await call<{ secret: string }>(system, "POST", "/v1/auth/factors/totp", {
      token,
    });
    const totp = new OTPAuth.TOTP({ secret: OTPAuth.Secret.fromBase32(enrolled.secret) });
    const { body: confirmed } = await call<{ recoveryCodes: string[] }>(
      system,
      "POST",
      "/v1/auth/factors/totp/confirm",
      { token, body: { code: totp.generate() } },
    );
    const again = await visit(browser, origin);
    await signInByPassword(again, email, "asked");
    t.equal(await again.evaluate("document.getElementById('again').checkVisibility()"), false);
    await checkLook(t, again, "the challenge, of two kinds");
    await again.select("#kind", "recovery_code");
    t.equal(await again.evaluate("document.getElementById('code-label').textContent"), "Recovery code");
    await answer(again, ` ${confirmed.recoveryCodes[0]} `, "signedIn");

    await again.goto(`${origin}/auth/passkeys`);
    await says(again, "ready");
    await signInByPassword(again, email, "asked");
    // A code is good once, and this step's was shown already: an authenticator may be a step ahead.
    await answer(again, totp.generate({ timestamp: Date.now() + 30_000 }), "signedIn");

    await again.goto(`${origin}/auth/passkeys`);
    await says(again, "ready");
    await signInByPassword(again, email, "asked");
    await system.world.sql("UPDATE auth.challenges SET expires_at = now() - interval '1 hour'");
    await answer(again, "123456", "over");
    t.same(await partsShown(again), ["stranger"], "it is begun again");
  });

  await t.test("the page is used by keyboard, on a phone and a desktop, light and dark", async (t) => {
    const { email } = await newMember(system, mail);
    const page = await visit(browser, origin, "fr");
    await addAuthenticator(page);
    await checkLook(t, page, "a stranger's");
    t.same(await frameOf(page), {
      lang: "fr",
      dir: "ltr",
      title: "Clés d’accès · Kismet",
      headings: ["Clés d’accès"],
    });
    for (const stop of ["sign-in", "Se connecter avec the development provider", "email"])
      t.equal(await nextStop(t, page), stop);
    await page.keyboard.type(email);
    t.equal(await nextStop(t, page), "password");
    await page.keyboard.type("not this password");
    await page.keyboard.press("Enter");
    await says(page, "wrong");
    t.equal(await focused(page), "fault");
    for (const stop of ["sign-in", "Se connecter avec the development provider", "email", "password"])
      t.equal(await nextStop(t, page), stop);
    t.equal(await page.evaluate("document.getElementById('email').value"), email, "need not be typed again");
    await page.keyboard.type(goodPassword);
    t.equal(await nextStop(t, page), "Se connecter avec le mot de passe");
    await page.keyboard.press("Enter");
    await says(page, "signedIn");
    t.equal(await focused(page), "yours");
    t.equal(await nextStop(t, page), "name");
    await page.keyboard.type("Ein Telefon mit einem sehr langen Namen, der nicht passt <b>");
    await page.keyboard.press("Enter");
    await says(page, "added");
    await checkLook(t, page, "a member's");
    await page.focus("#yours");
    t.match(await nextStop(t, page), /^Retirer: Ein Telefon.*<b>$/);
    await page.keyboard.press("Enter");
    await says(page, "removed");
    t.equal(await focused(page), "yours", "the focus is not lost with the button");

    const plain = await (await browser.createBrowserContext()).newPage();
    await plain.setJavaScriptEnabled(false);
    await plain.goto(`${origin}/auth/passkeys?lang=de`);
    t.same(await partsShown(plain), [], "without scripts there is nothing that does nothing");
    t.match(await plain.evaluate("document.querySelector('noscript').innerText"), /braucht Skripte/);
  });
}
