import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Challenge } from "@kismet/contracts";
import { createDatabase } from "@kismet/database";
import { createParts, loadConfig } from "@kismet/service-kit";
import { createWorld, environmentOf, eventually } from "@kismet/testing";
import t from "tap";
import { request } from "undici";
import { normaliseEmail } from "../src/accounts/normalise-email.ts";
import { Config } from "../src/config.ts";
import { createMailer } from "../src/letters/mailer.ts";
import { newSignInMail } from "../src/letters/mails/new-sign-in-mail.ts";
import { makeTicketCode } from "../src/oidc/make-ticket-code.ts";
import * as schema from "../src/schema.ts";
import { createDigests } from "../src/secrets/digests.ts";
import {
  authSettings,
  call,
  codeTo,
  goodPassword,
  hashSecret,
  logIn,
  mailsTo,
  newAddress,
  newMember,
  patience,
  signup,
  startAuth,
  startMail,
  StoppedClock,
  verify,
} from "./auth-world.ts";

const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);

await t.test(
  "a mail says what it is: two forms, a date, an id, its language, and that nobody need answer",
  async (t) => {
    const auth = await startAuth(t, world, mail, { mailFrom: "Kismet <no-reply@kismet.example>" });
    const email = newAddress();
    const body = {
      email,
      password: "heron-lantern-47-quiet",
      birthDate: "1990-01-01",
      acceptedTermsVersion: "1",
      locale: "ar-EG",
    };
    await call(auth, "POST", "/v1/auth/signup", { body });
    await codeTo(mail, email);
    const [caught] = await mailsTo(mail, email);
    t.match(caught?.headers, {
      "auto-submitted": "auto-generated",
      "content-language": "ar",
      "message-id": /^<[\w-]+@kismet\.example>$/,
    });
    t.equal(caught?.headers["list-unsubscribe"], undefined);
    t.match(caught, {
      subject: "رمز Kismet الخاص بك",
      html: /<html lang="ar" dir="rtl">/,
      text: "بهذا الرمز",
    });
    await auth.stop();
  },
);

await t.test("A20 neither an address nor a name can add a header or a recipient", async (t) => {
  const parts = createParts("auth", loadConfig(Config, environmentOf(Config, authSettings(world, mail))));
  t.teardown(() => parts.lifecycle.stop());
  await parts.lifecycle.start();
  const send = createMailer(parts);
  const email = newAddress();
  const evil = "x\r\nBcc: everybody@mail.test\r\n\r\n<b>";
  const sent = newSignInMail({ email, locale: "en" }, { device: evil, country: "DE", at: new Date() });
  await send.fire({ ...sent, subject: evil });
  const [caught] = await eventually(async () => {
    const mails = await mailsTo(mail, email);
    assert.equal(mails.length, 1);
    return mails;
  }, patience);
  t.match(caught?.subject, /^x Bcc: everybody@mail\.test/);
  t.equal(caught?.headers["bcc"], undefined);
  t.match(caught?.text, "Device: x Bcc: everybody@mail.test <b>");
  for (const address of [
    "a@mail.test, everybody@mail.test",
    "a@mail.test\r\nBcc: everybody@mail.test",
    "everybody: everybody@mail.test;",
    '"a" <everybody@mail.test>',
  ])
    await send.fire({ ...sent, to: address }).catch(() => undefined);
  t.same(await mailsTo(mail, "everybody@mail.test"), [], "nobody else got anything");
});

await t.test(
  "a domain in any spelling is one address, and mail reaches it; so does one before the @ in any script",
  async (t) => {
    const table: [given: string, kept: string][] = [
      ["Ann@Mail.TEST", "ann@mail.test"],
      ["ann@BÜCHER.test", "ann@bücher.test"],
      ["ann@bu\u0308cher.test", "ann@bücher.test"],
      ["ann@xn--bcher-kva.test", "ann@bücher.test"],
      ["ann@ｍａｉｌ.test", "ann@mail.test"],
      ["ann@straße.test", "ann@straße.test"],
      ["Δοκιμή@παράδειγμα.δοκιμή", "δοκιμή@παράδειγμα.δοκιμή"],
      ["ann@mаil.test", "ann@mаil.test"],
      ["ann@xn--a.test", "ann@xn--a.test"],
    ];
    for (const [given, kept] of table) {
      t.equal(normaliseEmail(given), kept, given);
      t.equal(normaliseEmail(kept), kept, "and stays so");
    }
    t.not(normaliseEmail("ann@mаil.test"), "ann@mail.test", "what only looks the same is another address");

    const auth = await startAuth(t, world, mail);
    const id = crypto.randomUUID().slice(0, 8);
    const readable = `ann-${id}@bücher.test`;
    t.equal((await signup(auth, `Ann-${id}@BÜCHER.test`)).status, 202);
    const code = await eventually(async () => {
      const mails = [
        ...(await mailsTo(mail, readable)),
        ...(await mailsTo(mail, `ann-${id}@xn--bcher-kva.test`)),
      ];
      return /\b\d{6}\b/.exec(mails[0]?.text ?? "")?.[0] ?? assert.fail("no mail yet");
    }, patience);
    t.equal((await verify(auth, `ann-${id}@xn--bcher-kva.test`, code)).status, 200);
    t.equal((await logIn(auth, `ANN-${id}@bücher.test`)).status, 200);

    t.equal((await signup(auth, `δοκιμή-${id}@mail.test`)).status, 202);
    const all = await eventually(async () => {
      const answer = await request(`${mail.url}/api/email`);
      const text = await answer.body.text();
      assert.ok(text.includes(`δοκιμή-${id}@mail.test`));
      return text;
    }, patience);
    t.ok(all);
    await auth.stop();
  },
);

await t.test(
  "A04 a server that refuses a recipient: given up, nobody else's mail held up, and no address in a log",
  async (t) => {
    const server = await startRefusing(t, (recipient) =>
      /^nobody-/.test(recipient) ? `550 5.1.1 <${recipient}> is unknown` : false,
    );
    const lines: string[] = [];
    const auth = await startAuth(t, world, { smtpPort: server.port });
    auth.parts.logger.warn = ((fields: object) =>
      void lines.push(String((fields as { err?: Error }).err), JSON.stringify(fields))) as never;
    const refused = Array.from({ length: 12 }, () => `nobody-${crypto.randomUUID()}@mail.test`);
    for (const email of refused) await signup(auth, email);
    const good = newAddress();
    await signup(auth, good);
    await eventually(() => assert.ok(server.accepted.includes(good)), patience);
    await eventually(async () => {
      const [row] = await world.sql<{ n: number }>("SELECT count(*)::int AS n FROM auth.letters");
      assert.equal(row?.n, 0);
    }, patience);
    t.ok(
      refused.every((email) => server.refused.filter((each) => each === email).length === 1),
      "each was tried once",
    );
    t.match(lines.join("\n"), /the mail was not taken: EENVELOPE 550/);
    t.notMatch(
      lines.join("\n"),
      /@mail\.test|nobody-/,
      "what the server said names them, and is not told on",
    );
    t.notMatch(lines.join("\n"), /breaker/);
    await auth.stop();
  },
);

await t.test(
  "a mail whose first hand-over fails still comes, however soon the same address had a code before",
  async (t) => {
    const tried = new Map<string, number>();
    const server = await startRefusing(t, (recipient) => {
      const count = (tried.get(recipient) ?? 0) + 1;
      tried.set(recipient, count);
      // The first mail is taken; of each after it the first try is not.
      return count > 1 && count % 2 === 0 ? "451 4.3.0 later" : false;
    });
    const auth = await startAuth(t, world, { smtpPort: server.port }, { codeIntervalMs: 600_000 });
    const email = newAddress();
    const mailsOf = () => server.texts.filter(({ to }) => to === email);
    const nextMail = async (count: number) => {
      const texts = await eventually(() => {
        assert.equal(mailsOf().length, count);
        return mailsOf();
      }, patience);
      return texts.at(-1)?.text ?? "";
    };
    await signup(auth, email);
    await nextMail(1);
    auth.clock.move(601_000);
    await call(auth, "POST", "/v1/auth/verify-email/resend", { body: { email } });
    const code = /\b\d{6}\b/.exec(await nextMail(2))?.[0] ?? "";
    t.equal((await verify(auth, email, code)).status, 200, "a code that was asked for again");
    await call(auth, "POST", "/v1/auth/password/forgot", { body: { email } });
    const reset = decodeURIComponent(/token=3?D?([\w%-]{43})/.exec(await nextMail(3))?.[1] ?? "");
    const body = { token: reset, password: "another-lantern-48-loud" };
    t.equal((await call(auth, "POST", "/v1/auth/password/reset", { body })).status, 204, "a reset");
    await nextMail(4);
    const asked = await call<Challenge>(auth, "POST", "/v1/auth/code/request", { body: { email } });
    const answer = { id: asked.body.challenge?.id, kind: "email_code" };
    const signIn = /\b\d{6}\b/.exec(await nextMail(5))?.[0] ?? "";
    const signedIn = await call(auth, "POST", "/v1/auth/challenge", { body: { ...answer, code: signIn } });
    t.equal(signedIn.status, 200, "a code to sign in with");
    await auth.stop();
  },
);

await t.test(
  "a code for a ticket of a provider that can't be handed over uses up no other's place",
  async (t) => {
    const config = loadConfig(Config, environmentOf(Config, authSettings(world, mail)));
    const parts = createParts("auth", config);
    const database = createDatabase(parts, schema);
    await parts.lifecycle.start();
    t.teardown(() => parts.lifecycle.stop());
    const deps = { database, clock: parts.clock, digests: createDigests(hashSecret), codeSeconds: 600 };
    const ask = (ticket: string, letterId: string) =>
      makeTicketCode(
        { ...deps, codeIntervalMs: 0, undoHours: 1, links: () => "" },
        { kind: "oidc-code", ticket },
        letterId,
      );
    const email = newAddress();
    await world.sql(
      `INSERT INTO auth.oidc_tickets (token_hash, provider, subject, email, email_verified, locale, expires_at)
       VALUES ('a-ticket', 'google', 'subject', $1, false, 'en', now() + interval '1 hour')`,
      [email],
    );
    const letter = crypto.randomUUID();
    for (let i = 0; i < 8; i += 1) t.ok(await ask("a-ticket", letter), "carried again, it is the one it is");
    for (let i = 0; i < 4; i += 1) t.ok(await ask("a-ticket", crypto.randomUUID()));
    t.notOk(await ask("a-ticket", crypto.randomUUID()), "of five in an hour no sixth");
  },
);

await t.test(
  "a mail is tried as long as what is in it is good: links for days, what is told for some, codes for a quarter of an hour",
  async (t) => {
    const first = await startAuth(t, world, mail);
    const [leaving, staying] = [await newMember(first, mail), await newMember(first, mail)];
    await first.stop();
    const server = await startRefusing(t, () => false);
    server.isAway = true;
    const auth = await startAuth(t, world, { smtpPort: server.port }, { clock: new StoppedClock() });
    const changed = { currentPassword: goodPassword, newPassword: "a-fresh-heron-in-spring" };
    const token = staying.session.accessToken;
    t.equal((await call(auth, "DELETE", "/v1/auth/me", { token: leaving.session.accessToken })).status, 202);
    t.equal((await call(auth, "POST", "/v1/auth/password/change", { token, body: changed })).status, 200);
    await call(auth, "POST", "/v1/auth/password/forgot", { body: { email: staying.email } });
    const waiting = async () =>
      (await world.sql<{ attempts: number }>("SELECT attempts FROM auth.letters ORDER BY id")).map(
        ({ attempts }) => attempts,
      );
    /** Once each of those that are left has been tried again. */
    const triedAgain = async (left: number) => {
      const before = await waiting();
      await eventually(async () => {
        const now = await waiting();
        assert.equal(now.length, left);
        assert.ok(now.every((attempts, i) => attempts > (before[i] ?? 0)));
      }, patience);
    };
    await eventually(async () => assert.ok((await waiting()).every((attempts) => attempts > 0)), patience);
    t.equal((await waiting()).length, 3);
    const [minuteMs, dayMs] = [60_000, 86_400_000];
    auth.clock.move(20 * minuteMs);
    await triedAgain(2);
    t.equal((await waiting()).length, 2, "the reset is given up, whose asker waits no longer");
    auth.clock.move(2 * dayMs);
    await triedAgain(2);
    auth.clock.move(2 * dayMs);
    await triedAgain(1);
    auth.clock.move(9 * dayMs);
    await triedAgain(1);
    server.isAway = false;
    await eventually(() => {
      auth.clock.move(minuteMs);
      assert.equal(server.texts.length, 1);
    }, patience);
    t.match(server.texts, [{ to: leaving.email, text: /restore-account\?token=/ }], "after thirteen days");
    t.same(await waiting(), []);
    await auth.stop();
  },
);

type Refusing = {
  port: number;
  /** Takes nothing at all, as if it were being started. */
  isAway: boolean;
  accepted: string[];
  refused: string[];
  texts: { to: string; text: string }[];
};

/** As much of SMTP (RFC 5321) as a client needs to be refused. */
async function startRefusing(
  t: { teardown(work: () => unknown): void },
  refusalOf: (recipient: string) => string | false,
): Promise<Refusing> {
  const sockets = new Set<Socket>();
  const state: Refusing = { port: 0, isAway: false, accepted: [], refused: [], texts: [] };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    let isData = false;
    let recipient = "";
    let rest = "";
    let text = "";
    if (state.isAway) return void socket.end("421 away\r\n");
    socket.write("220 here ESMTP\r\n");
    socket.on("data", (chunk) => {
      const parts = (rest + chunk.toString("utf8")).split("\r\n");
      rest = parts.pop() ?? "";
      for (const line of parts) {
        if (isData) {
          text += `${line}\n`;
          if (line !== ".") continue;
          isData = false;
          state.accepted.push(recipient);
          state.texts.push({ to: recipient, text: unquoted(text) });
          text = "";
          socket.write("250 taken\r\n");
        } else if (/^EHLO/i.test(line)) socket.write("250-here\r\n250 SMTPUTF8\r\n");
        else if (/^RCPT/i.test(line)) {
          recipient = /<(.*)>/.exec(line)?.[1] ?? "";
          const refusal = refusalOf(recipient);
          if (refusal !== false) state.refused.push(recipient);
          socket.write(`${refusal === false ? "250 ok" : refusal}\r\n`);
        } else if (/^DATA/i.test(line)) {
          isData = true;
          socket.write("354 go on\r\n");
        } else if (/^QUIT/i.test(line)) socket.end("221 bye\r\n");
        else socket.write("250 ok\r\n");
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  state.port = (server.address() as AddressInfo).port;
  return state;
}

/** Of quoted-printable, what a line's end and an equals sign need (RFC 2045, 6.7). */
function unquoted(text: string): string {
  return text.replaceAll("=\n", "").replaceAll("=3D", "=");
}
