import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, spawnSystem } from "@kismet/testing";
import { type Browser, noBrowser, openBrowser, type Page } from "@kismet/testing/browser";
import t, { type Test } from "tap";
import { askForArchive, playOthers } from "./archive-world.ts";
import { call, codeTo, goodPassword, logIn, mailText, newAddress, newMember, signup } from "./auth-world.ts";
import { checkLook, frameOf, heardOn, nextStop } from "./page-checks.ts";

t.setTimeout(120_000);

/** The real edge before the real service, and a real browser before them. */
async function start() {
  const system = await spawnSystem(t, { auth: "real", services: ["gateway", "auth"] });
  assert.ok(system.mail, "the real auth sends mails");
  return { system, mail: system.mail, browser: await openBrowser(t) };
}

type Started = Awaited<ReturnType<typeof start>>;

/** Scripts are off: what is in a mail may be opened anywhere. */
async function newPage(browser: Browser): Promise<Page> {
  const page = await (await browser.createBrowserContext()).newPage();
  await page.setJavaScriptEnabled(false);
  return page;
}

/** The link of the `count`th mail, as it would be in another language. */
async function linkIn({ system, mail }: Started, address: string, count: number, lang: string) {
  const link = /^(http\S+\/auth\/\S+)$/m.exec(await mailText(mail, address, count))?.[1] ?? "";
  assert.ok(link.startsWith(`${system.url}/auth/`), `the link leads to the gateway: ${link}`);
  return link.replace(/lang=\w+/, `lang=${lang}`);
}

/** All that the pages change. Letters go out by themselves. */
async function kept({ system }: Started): Promise<unknown> {
  const tables = [
    "accounts",
    "signups",
    "sessions",
    "password_resets",
    "email_changes",
    "devices",
    "exports",
    "guesses",
  ];
  const rows = tables.map((table) => `SELECT '${table}' AS t, to_jsonb(r)::text AS row FROM auth.${table} r`);
  return system.world.sql(`${rows.join(" UNION ALL ")} ORDER BY 1, 2`);
}

type Shown = { lang: string; title: string };

function framed({ lang, title }: Shown) {
  return { lang, dir: lang === "ar" ? "rtl" : "ltr", title: `${title} · Kismet`, headings: [title] };
}

/** Opens a link as often as scanners do, and looks at what it shows: nothing has happened. */
async function open(t: Test, started: Started, page: Page, link: string, shown: Shown): Promise<void> {
  const before = await kept(started);
  for (const method of ["HEAD", "GET", "GET"]) await (await fetch(link, { method })).body?.cancel();
  const answer = await page.goto(link);
  t.equal(answer?.status(), 200);
  t.same(await kept(started), before, `${shown.title}: opened, nothing has happened`);
  t.same(await frameOf(page), framed(shown));
  await checkLook(t, page, shown.title);
}

/** On the button, which must be the next stop of the keyboard. */
async function pressButton(t: Test, page: Page, name: string): Promise<number | undefined> {
  t.equal(await nextStop(t, page), name);
  const [answer] = await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  return answer?.status();
}

async function checkDone(t: Test, page: Page, shown: Shown): Promise<void> {
  t.same(await frameOf(page), framed(shown));
  t.notMatch(page.url(), "token", "the address holds no token any more");
  const heard = await heardOn(t, page, shown.title);
  t.match(heard.join("\n"), /^heading: .*\nstatus: /);
  await checkLook(t, page, shown.title);
}

const gone: Record<string, string> = {
  en: "This link is no longer good",
  de: "Dieser Link gilt nicht mehr",
  fr: "Ce lien n’est plus valable",
  ar: "هذا الرابط لم يعد صالحًا",
};

async function checkGone(t: Test, page: Page, link: string): Promise<void> {
  const lang = new URL(link).searchParams.get("lang") ?? "";
  t.equal((await page.goto(link))?.status(), 410);
  t.same(await frameOf(page), framed({ lang, title: gone[lang] ?? "" }));
  t.equal(await page.$("form"), null, "there is nothing to press");
  await checkLook(t, page, `gone, in ${lang}`);
}

async function verifyPage(t: Test, started: Started): Promise<void> {
  const { system, mail, browser } = started;
  // As wide as an address may be, and nowhere to be broken.
  const email = `${"w".repeat(40)}${newAddress().replaceAll("-", "")}`;
  await signup(system, email);
  const link = await linkIn(started, email, 1, "de");
  const page = await newPage(browser);
  const shown = { lang: "de", title: "Bestätige deine Adresse" };
  await open(t, started, page, link, shown);
  await page.goto(link.replace("lang=de", "lang=ar"));
  t.same(await frameOf(page), framed({ lang: "ar", title: "أكّد عنوانك" }));
  await checkLook(t, page, "from right to left");
  await page.goto(link);
  t.same(await heardOn(t, page, shown.title), [
    "heading: Bestätige deine Adresse",
    "textbox: Passwort",
    "button: Meine Adresse bestätigen",
  ]);
  t.equal(await nextStop(t, page), "password");
  await page.keyboard.type("not this password");
  t.equal(await pressButton(t, page, "Meine Adresse bestätigen"), 422);
  const wrong = "Das ist nicht das Passwort dieser Registrierung.";
  const said =
    /^heading: Best.*\nalert: .*\*\nheading: Es gibt ein Problem\n(list: \n)?link: Das ist nicht das Passwort.*\ntextbox: Passwort\nbutton:/;
  // The browser moves the focus a moment after the page is there.
  const heard = await eventually(async () => {
    const all = (await heardOn(t, page, "wrong")).join("\n");
    assert.match(all, said);
    return all;
  });
  t.match(heard, said, "what is wrong is said, and has the focus");
  t.same(await frameOf(page), framed(shown));
  await checkLook(t, page, "wrong");
  t.equal(await nextStop(t, page), wrong, "from it a link leads on");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  const field = (await page.evaluate(`(({ id, ariaInvalid, value }) => ({ id, ariaInvalid, value,
    described: document.getElementById(document.activeElement.getAttribute("aria-describedby")).textContent }))(document.activeElement)`)) as object;
  t.same(field, { id: "password", ariaInvalid: "true", value: "", described: wrong }, "to the field");
  await page.keyboard.type(goodPassword);
  t.equal(await pressButton(t, page, "Meine Adresse bestätigen"), 200);
  await checkDone(t, page, { lang: "de", title: "Deine Adresse ist bestätigt" });
  t.equal((await logIn(system, email)).status, 200);
  await checkGone(t, page, link);

  const late = newAddress();
  await signup(system, late);
  await codeTo(mail, late);
  const lateLink = await linkIn(started, late, 1, "ar");
  await system.world.sql("UPDATE auth.signups SET code_sent_at = code_sent_at - interval '11 minutes'");
  await checkGone(t, page, lateLink);
  const token = new URL(lateLink).searchParams.get("token") ?? "";
  const foreign = await fetch(`${system.url}/auth/verify-email?lang=de`, {
    method: "POST",
    body: new URLSearchParams({ token, password: goodPassword }),
    headers: { origin: "null", "sec-fetch-site": "cross-site" },
  });
  t.equal(foreign.status, 403, "A18 a form of another site is refused");
  t.match(await foreign.text(), '<html lang="de"', "by a page");
}

async function resetPage(t: Test, started: Started): Promise<void> {
  const { system, mail, browser } = started;
  const { email } = await newMember(system, mail);
  await call(system, "POST", "/v1/auth/password/forgot", { body: { email } });
  const link = await linkIn(started, email, 2, "ar");
  const page = await newPage(browser);
  const shown = { lang: "ar", title: "اختر كلمة مرور جديدة" };
  await open(t, started, page, link, shown);
  t.match((await heardOn(t, page, shown.title)).slice(1), [
    /^textbox: كلمة المرور الجديدة/,
    /^button: تعيين/,
  ]);
  t.equal(await nextStop(t, page), "password");
  await page.keyboard.type("1234567890");
  t.equal(await pressButton(t, page, "تعيين كلمة المرور"), 422);
  await checkLook(t, page, "refused");
  t.equal(await nextStop(t, page), "كلمة المرور هذه من أوائل ما يجرّبه الآخرون.");
  t.equal(await nextStop(t, page), "password");
  await page.keyboard.type("chosen-once-more-3");
  t.equal(await pressButton(t, page, "تعيين كلمة المرور"), 200);
  await checkDone(t, page, { lang: "ar", title: "تم تعيين كلمة المرور" });
  t.equal((await logIn(system, email, "chosen-once-more-3")).status, 200);
  await checkGone(t, page, link);
}

async function emailPages(t: Test, started: Started): Promise<void> {
  const { system, mail, browser } = started;
  const { email, session } = await newMember(system, mail);
  const newEmail = newAddress();
  const addressOf = async () =>
    (
      await system.world.sql<{ email: string }>("SELECT email FROM auth.accounts WHERE member_id = $1", [
        session.memberId,
      ])
    )[0]?.email;
  await call(system, "POST", "/v1/auth/email/change", { token: session.accessToken, body: { newEmail } });
  const link = await linkIn(started, newEmail, 1, "fr");
  const page = await newPage(browser);
  await open(t, started, page, link, { lang: "fr", title: "Utiliser cette adresse ?" });
  t.match(await page.content(), newEmail);
  t.equal(await pressButton(t, page, "Utiliser cette adresse"), 200);
  await checkDone(t, page, { lang: "fr", title: "Votre adresse est modifiée" });
  t.equal(await addressOf(), newEmail);
  await checkGone(t, page, link);

  const undo = await linkIn(started, email, 2, "ar");
  await open(t, started, page, undo, { lang: "ar", title: "هل تريد التراجع عن تغيير العنوان؟" });
  t.equal(await pressButton(t, page, "التراجع عن التغيير"), 200);
  await checkDone(t, page, { lang: "ar", title: "تم التراجع عن التغيير" });
  t.equal(await addressOf(), email);
  await checkGone(t, page, undo);
}

async function restorePage(t: Test, started: Started): Promise<void> {
  const { system, mail, browser } = started;
  const { email, session } = await newMember(system, mail);
  await call(system, "DELETE", "/v1/auth/me", { token: session.accessToken });
  const link = await linkIn(started, email, 2, "en");
  const page = await newPage(browser);
  await open(t, started, page, link, { lang: "en", title: "Keep your account?" });
  t.match(await heardOn(t, page, "restore"), ["heading: Keep your account?", "button: Keep my account"]);
  t.equal(await pressButton(t, page, "Keep my account"), 200);
  await checkDone(t, page, { lang: "en", title: "Your account is back" });
  t.equal((await logIn(system, email)).status, 200);
  await checkGone(t, page, link);
}

/** Where what this page is sent as a file is put. */
async function downloadsOf(t: Test, page: Page): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "kismet-downloads-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const devtools = await page.createCDPSession();
  const { id } = page.browserContext();
  await devtools.send("Browser.setDownloadBehavior", {
    ...{ behavior: "allow", downloadPath: folder },
    ...(id === undefined ? {} : { browserContextId: id }),
  });
  return folder;
}

async function archivePage(t: Test, started: Started): Promise<void> {
  const { system, mail, browser } = started;
  await playOthers(system.world);
  const { email, session } = await newMember(system, mail);
  const token = session.accessToken;
  const id = await askForArchive(system, token);
  const link = await linkIn(started, email, 2, "en");
  const page = await newPage(browser);
  await open(t, started, page, link.replace("lang=en", "lang=ar"), { lang: "ar", title: "نزّل أرشيفك" });
  const shown = { lang: "en", title: "Fetch your archive" };
  await open(t, started, page, link, shown);
  t.match(await heardOn(t, page, shown.title), [
    "heading: Fetch your archive",
    "textbox: Password",
    "button: Fetch my archive",
  ]);
  t.equal(await nextStop(t, page), "password");
  await page.keyboard.type("not this password");
  t.equal(await pressButton(t, page, "Fetch my archive"), 422);
  await checkLook(t, page, "wrong");
  t.notMatch(page.url(), "token", "the address holds no token any more");
  const downloads = await downloadsOf(t, page);
  await page.focus("#password");
  await page.keyboard.type(goodPassword);
  t.equal(await nextStop(t, page), "Fetch my archive");
  await page.keyboard.press("Enter");
  const saved = await eventually(() => {
    const name = readdirSync(downloads).find((each) => /^kismet-[\d-]{10}\.zip$/.test(each));
    assert.ok(name, "the archive is saved, under the name that it was sent with");
    return readFileSync(join(downloads, name));
  });
  const byApi = await fetch(`${system.url}/v1/auth/me/exports/${id}/archive`, {
    headers: { authorization: `Bearer ${token}` },
  });
  t.ok(saved.equals(Buffer.from(await byApi.arrayBuffer())), "it is what the app gets");
  t.same(await frameOf(page), framed(shown), "the page stays");

  await system.world.sql("UPDATE auth.accounts SET password_hash = NULL WHERE member_id = $1", [
    session.memberId,
  ]);
  await open(t, started, page, link, shown);
  t.equal(await page.$("form"), null, "without a password there is nothing to press");
  t.match(await page.content(), "Go to the app and fetch it there");
  await system.world.sql("UPDATE auth.exports SET expires_at = now() WHERE id = $1", [id]);
  await checkGone(t, page, link);
}

if (noBrowser) {
  await t.test("what mails link to, in a browser", { skip: noBrowser }, async () => undefined);
} else {
  const started = await start();
  const pages: Record<string, (t: Test, started: Started) => Promise<void>> = {
    "an address is verified with the password of the sign-up": verifyPage,
    "a password is chosen anew": resetPage,
    "a new address is taken, and that is undone": emailPages,
    "a deletion is taken back": restorePage,
    "an archive is fetched with the password of the account": archivePage,
  };
  for (const [what, use] of Object.entries(pages))
    await t.test(`${what}, by keyboard, without scripts: a button does it, and looking doesn't`, (t) =>
      use(t, started),
    );

  await t.test("A04 no log holds a token of a link", async (t) => {
    const { system } = started;
    await system.stop();
    t.ok(system.lines.some(({ text }) => text.includes("/auth/verify-email")));
    t.same(
      system.lines.filter(({ text }) => /token=[\w.-]{20}/.test(text)),
      [],
    );
  });
}
