import { createWorld } from "@kismet/testing";
import t from "tap";
import { request } from "undici";
import { pagePaths } from "../src/letters/mail-links.ts";
import {
  call,
  codeTo,
  goodPassword,
  logIn,
  newAddress,
  newMember,
  refresh,
  signup,
  startAuth,
  startMail,
  verify,
} from "./auth-world.ts";
import { linkTo, open, press, send, tokenOf } from "./page-client.ts";

const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);
const auth = await startAuth(t, world, mail, { codeIntervalMs: 0 });
const statusOf = async (email: string) =>
  (await world.sql<{ status: string }>("SELECT status FROM auth.accounts WHERE email = $1", [email]))[0]
    ?.status;
const forgot = (email: string) => call(auth, "POST", "/v1/auth/password/forgot", { body: { email } });
const resend = (email: string) => call(auth, "POST", "/v1/auth/verify-email/resend", { body: { email } });

await t.test("A17 an address is verified by the link and the password of the sign-up, once", async (t) => {
  const email = newAddress();
  await signup(auth, email);
  const code = await codeTo(mail, email);
  const link = await linkTo(mail, email);
  t.match(link, /^\/auth\/verify-email\?token=[\w.-]+&lang=en$/);
  const pages = await Promise.all(Array.from({ length: 5 }, () => open(auth, link)));
  t.same(
    pages.map(({ status }) => status),
    [200, 200, 200, 200, 200],
  );
  t.equal(await statusOf(email), "unverified", "opened five times, nothing has happened: scanners do that");
  const [page] = pages;
  if (!page) return t.fail("there are five");
  t.match(page.html, email);
  t.match(await press(auth, page, { password: "not this password" }), {
    status: 422,
    html: "not the password of this sign-up",
  });
  t.equal(await statusOf(email), "unverified");
  const pressed = await Promise.all([1, 2, 3].map(() => press(auth, page, { password: goodPassword })));
  t.same(
    pressed.map(({ status }) => status).sort(),
    [200, 410, 410],
    "pressed three times at once, once it did",
  );
  t.equal(await statusOf(email), "active");
  t.equal((await open(auth, link)).status, 410, "a link is good once");
  t.equal((await verify(auth, email, code)).status, 422, "and has used up the code");
  t.equal((await logIn(auth, email)).status, 200);
});

await t.test(
  "A17 code and link share one life: age, successor, use, and tries of the password",
  async (t) => {
    const email = newAddress();
    await signup(auth, email);
    const first = await linkTo(mail, email);
    await resend(email);
    const [link, code] = [await linkTo(mail, email, 2), await codeTo(mail, email, 2)];
    t.equal((await open(auth, first)).status, 410, "another code has made the first link void");
    const page = await open(auth, link);
    auth.clock.move(601_000);
    t.equal((await open(auth, link)).status, 410, "too old");
    t.equal((await press(auth, page, { password: goodPassword })).status, 410);
    auth.clock.move(-601_000);
    const wrong = code === "000000" ? "000001" : "000000";
    for (let i = 0; i < 3; i += 1) t.equal((await verify(auth, email, wrong)).status, 422);
    const guesses = await Promise.all(
      Array.from({ length: 12 }, (_, i) => press(auth, page, { password: `guess ${i} guess` })),
    );
    t.ok(guesses.every(({ status }) => status === 422 || status === 410));
    const [left] = await world.sql<{ n: number }>(
      `SELECT min(password_tries_left)::int AS n FROM auth.signups JOIN auth.accounts USING (member_id) WHERE email = $1`,
      [email],
    );
    t.equal(left?.n, 0, "of twelve passwords at once five were looked at");
    t.equal((await verify(auth, email, code)).status, 422);
    t.equal((await press(auth, page, { password: goodPassword })).status, 410);

    const other = newAddress();
    await signup(auth, other);
    const otherLink = await linkTo(mail, other);
    t.equal((await verify(auth, other, await codeTo(mail, other))).status, 200);
    t.equal((await open(auth, otherLink)).status, 410, "the code has used up the link");
  },
);

await t.test(
  "who owns an address does not verify, by pressing, what a stranger signed up with it",
  async (t) => {
    const email = newAddress();
    await signup(auth, email, "the strangers own words");
    const page = await open(auth, await linkTo(mail, email));
    t.equal((await press(auth, page)).status, 422);
    t.equal((await press(auth, page, { password: goodPassword })).status, 422);
    t.equal(await statusOf(email), "unverified");
  },
);

await t.test("A17 a password is reset on the page, by whoever has the mail", async (t) => {
  const { email, session } = await newMember(auth, mail);
  await forgot(email);
  const link = await linkTo(mail, email, 2);
  for (let i = 0; i < 3; i += 1) t.equal((await open(auth, link)).status, 200, "opening uses nothing up");
  const page = await open(auth, link);
  t.match(page.html, /autocomplete="new-password"/);
  const refused: [password: string, why: string][] = [
    ["short", "needs 10 to 128 characters"],
    ["x".repeat(129), "needs 10 to 128 characters"],
    ["1234567890", "among the first"],
    [`x${email}x`, "must not contain the e-mail address"],
    ["aaaaaaaaaaaa", "repeats too few"],
  ];
  for (const [password, why] of refused) {
    const again = await press(auth, page, { password });
    t.match(again, { status: 422, html: why });
    t.match(again.html, '<a href="#password">', "the fault leads to its field");
    t.notMatch(again.html, password, "what was typed is not shown again");
  }
  t.equal((await refresh(auth, session.refreshToken)).status, 200, "still signed in");
  const pressed = await Promise.all(
    [1, 2, 3].map((i) => press(auth, page, { password: `a-new-good-one-${i}` })),
  );
  t.same(pressed.map(({ status }) => status).sort(), [200, 410, 410]);
  const right = pressed.findIndex(({ status }) => status === 200) + 1;
  t.equal((await logIn(auth, email, `a-new-good-one-${right}`)).status, 200);
  t.equal((await open(auth, link)).status, 410);
  await forgot(email);
  const second = await linkTo(mail, email, 4);
  const body = { token: tokenOf(second), password: "yet-another-one-5" };
  t.equal(
    (await call(auth, "POST", "/v1/auth/password/reset", { body })).status,
    204,
    "an app may use the link's token itself",
  );
});

await t.test(
  "a deletion is taken back by the link of its mail, as long as it is that deletion",
  async (t) => {
    const { email, session } = await newMember(auth, mail);
    const token = session.accessToken;
    const remove = () => call(auth, "DELETE", "/v1/auth/me", { token });
    await remove();
    const link = await linkTo(mail, email, 2);
    const page = await open(auth, link);
    t.match(page, { status: 200, html: email });
    t.equal(await statusOf(email), "deleting", "a page that is only opened restores nothing");
    const pressed = await Promise.all([1, 2, 3].map(() => press(auth, page)));
    t.same(pressed.map(({ status }) => status).sort(), [200, 410, 410]);
    t.equal(await statusOf(email), "active");
    auth.clock.move(1_000);
    await remove();
    const second = await linkTo(mail, email, 3);
    t.equal((await press(auth, page)).status, 410, "another deletion has another link");
    auth.clock.move(14 * 86_400_000);
    t.equal((await open(auth, second)).status, 410, "after fourteen days it is too late");
    auth.clock.move(-14 * 86_400_000 - 1_000);
    const forged = second.replace(
      /token=[0-9a-f-]+/,
      `token=${(await newMember(auth, mail)).session.memberId}`,
    );
    t.equal((await open(auth, forged)).status, 410, "it is no other member's");
    t.equal((await open(auth, second)).status, 200);
  },
);

await t.test(
  "A05 A43 pages, and what goes wrong on them, are pages: closed, private, in the reader's language",
  async (t) => {
    const { email } = await newMember(auth, mail);
    await forgot(email);
    const link = await linkTo(mail, email, 2);
    const token = tokenOf(link);
    const good = await open(auth, link);
    const german = await open(auth, link.replace("lang=en", "lang=de-AT"));
    t.match(german.html, /<html lang="de" dir="ltr">[^]*Wähle ein neues Passwort/);
    t.match((await open(auth, link.replace("lang=en", "lang=ar"))).html, '<html lang="ar" dir="rtl">');
    const unasked = link.replace("&lang=en", "");
    t.match((await open(auth, unasked, { "accept-language": "fr-CA,en;q=0.5" })).html, '<html lang="fr"');
    t.match(await press(auth, german, { password: "kurz" }), {
      status: 422,
      html: "Das Passwort braucht 10 bis 128 Zeichen",
    });
    const { reset } = pagePaths;
    const refused: [what: string, status: number, page: Awaited<ReturnType<typeof open>>][] = [
      ["no token", 400, await open(auth, `${reset}?lang=de`)],
      ["a token that was made up", 410, await open(auth, `${reset}?lang=de&token=made-up`)],
      ["an unknown field in the address", 400, await open(auth, `${link}&planted=1`)],
      ["markup in the language", 400, await open(auth, `${reset}?token=a&lang=%3Cscript%3E`)],
      ["markup for a token", 400, await open(auth, `${reset}?lang=de&token=%22%3E%3Cscript%3E`)],
      ["an unknown field in the form", 400, await send(auth, `${reset}?lang=de`, { token, planted: "1" })],
      [
        "a token in the address of a form",
        400,
        await send(auth, link, { token, password: "a-good-one-now-7" }),
      ],
      [
        "a field twice",
        400,
        await send(auth, `${reset}?lang=de`, { token: `${token}&token=${token}`, password: "x" }),
      ],
      ["too much", 413, await send(auth, `${reset}?lang=de`, { token, password: "x".repeat(5_000) })],
    ];
    const json = await request(`${auth.url}${reset}?lang=de`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token, password: "a-good-one-now-7" }),
    });
    refused.push([
      "JSON",
      415,
      { status: json.statusCode, headers: json.headers, html: await json.body.text() },
    ]);
    for (const [what, status, page] of refused) {
      t.equal(page.status, status, what);
      t.match(page.html, /^<!doctype html>/, `${what}: a page`);
      t.match(page.html, String(page.headers["x-request-id"]), `${what}: with its request id`);
      t.notMatch(page.html, /<script|AUTH_|VALIDATION|token=/, `${what}: says nothing of the inside`);
    }
    for (const { headers, html } of [good, ...refused.map(([, , page]) => page)]) {
      const csp = String(headers["content-security-policy"]);
      t.match(
        csp,
        /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'; frame-ancestors 'none'/,
      );
      t.match(headers, {
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-type": "text/html; charset=utf-8",
      });
      t.equal(headers["set-cookie"], undefined);
      t.notMatch(
        html,
        /<script|\son\w+=|(src|href)="(?!#)|style="/,
        "no script, nothing fetched, no link that leads away",
      );
      t.equal(html.match(/<h1>/g)?.length, 1, "one heading");
    }
    const elsewhere = await send(auth, "/v1/auth/login", { email, password: goodPassword });
    t.equal(elsewhere.status, 415, "forms are read on pages only (A18)");
    t.equal((await logIn(auth, email)).status, 200, "and nothing of all that did anything");
  },
);
