import assert from "node:assert/strict";
import { AccountChanged, GetAccount, type OwnAccount, type Session } from "@kismet/contracts";
import { createWorld, eventually, forAWhile } from "@kismet/testing";
import t from "tap";
import {
  call,
  codeTo,
  goodPassword,
  logIn,
  mailsTo,
  mailText,
  newAddress,
  newMember,
  patience,
  refresh,
  signup,
  startAuth,
  startMail,
  verify,
} from "./auth-world.ts";

const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);
const auth = await startAuth(t, world, mail, { codeIntervalMs: 0 });
const me = (token: string) => call<OwnAccount>(auth, "GET", "/v1/auth/me", { token });

await t.test("sign up, code by e-mail, verify: signed in, and told to the others once", async (t) => {
  const email = newAddress();
  const heard: number[] = [];
  const watcher = await world.standIn("profile", {
    watch: (bus) =>
      bus.watch(AccountChanged, { sinceMs: 60_000 }, ({ payload }) => void heard.push(payload.version)),
  });
  t.match(await signup(auth, email.toUpperCase()), { status: 202, body: { status: "verification_sent" } });
  const code = await codeTo(mail, email);
  const session = await verify(auth, email, code);
  t.match(session, { status: 200, body: { tokenType: "Bearer", expiresInSeconds: 600 } });
  t.match(await me(session.body.accessToken), {
    status: 200,
    body: { id: session.body.memberId, email, emailVerified: true, status: "active", roles: [] },
  });
  t.match(await watcher.bus.request(GetAccount, { memberId: session.body.memberId }), {
    status: "active",
    birthDate: "1994-05-17",
    locale: "en-IE",
  });
  await eventually(() => assert.deepEqual(heard, [1]), patience);
  t.match(
    await verify(auth, email, code),
    { status: 422, body: { code: "AUTH_CODE_INVALID" } },
    "a code is good once",
  );
});

await t.test("A17 codes are hashed at rest, short-lived, and good for five tries", async (t) => {
  const email = newAddress();
  await signup(auth, email);
  const code = await codeTo(mail, email);
  const wrong = code === "000000" ? "000001" : "000000";
  for (const table of ["signups", "letters", "outbox", "accounts"]) {
    const rows = await world.sql<{ row: string }>(`SELECT r::text AS row FROM auth.${table} r`);
    t.notOk(
      rows.some(({ row }) => new RegExp(`(^|[^0-9])${code}([^0-9]|$)`).test(row)),
      `no code in ${table}`,
    );
  }
  for (let i = 0; i < 5; i += 1) t.equal((await verify(auth, email, wrong)).status, 422);
  t.equal((await verify(auth, email, code)).status, 422, "the sixth try is refused, although it is right");
  await call(auth, "POST", "/v1/auth/verify-email/resend", { body: { email } });
  const second = await codeTo(mail, email, 2);
  auth.clock.move(601_000);
  t.equal((await verify(auth, email, second)).status, 422, "after ten minutes it is too old");
  auth.clock.move(-601_000);
  t.equal((await verify(auth, email, second)).status, 200);
});

await t.test("thirty simultaneous guesses are counted as thirty", async (t) => {
  const email = newAddress();
  await signup(auth, email);
  const code = await codeTo(mail, email);
  const guesses = Array.from({ length: 30 }, (_, i) =>
    String((Number(code) + i + 1) % 1_000_000).padStart(6, "0"),
  );
  const answers = await Promise.all(guesses.map((guess) => verify(auth, email, guess)));
  t.ok(answers.every(({ status }) => status === 422));
  t.equal((await verify(auth, email, code)).status, 422);
});

await t.test(
  "the answer to a sign-up is the same for a known address, whose owner gets a mail",
  async (t) => {
    const { email } = await newMember(auth, mail);
    const unknown = await signup(auth, newAddress());
    const known = await signup(auth, email);
    t.same([known.status, known.body], [unknown.status, unknown.body]);
    t.match(await mailText(mail, email, 2), "has an account already");
    t.equal((await logIn(auth, email)).status, 200, "and nothing of the account has changed");
  },
);

await t.test(
  "a stranger who signs up with an address first has no password for what its owner verifies",
  async (t) => {
    const email = newAddress();
    await signup(auth, email, "the strangers own words");
    await codeTo(mail, email);
    t.equal((await logIn(auth, email, "the strangers own words")).status, 401, "not before either");
    await signup(auth, email);
    t.equal((await verify(auth, email, await codeTo(mail, email, 2))).status, 200);
    t.equal((await logIn(auth, email, "the strangers own words")).status, 401);
    t.equal((await logIn(auth, email)).status, 200);
  },
);

await t.test("an address gets five codes in an hour for one network", async (t) => {
  const email = newAddress();
  for (let i = 1; i <= 5; i += 1) {
    await signup(auth, email);
    await codeTo(mail, email, i);
  }
  await signup(auth, email);
  await call(auth, "POST", "/v1/auth/verify-email/resend", { body: { email } });
  await eventually(async () => {
    const [row] = await world.sql<{ n: number }>("SELECT count(*)::int AS n FROM auth.letters");
    assert.equal(row?.n, 0);
  }, patience);
  t.equal((await mailsTo(mail, email)).length, 5);
});

await t.test("A05 A20 what can't be accepted is refused with its reason, and nothing is kept", async (t) => {
  const body = {
    email: newAddress(),
    password: goodPassword,
    birthDate: "1994-05-17",
    acceptedTermsVersion: "1",
  };
  const table: [string, object, string][] = [
    [
      "too young",
      { birthDate: new Date(Date.now() - 17.9 * 31_556_952_000).toISOString().slice(0, 10) },
      "AUTH_TOO_YOUNG",
    ],
    ["a common password", { password: "1234567890" }, "AUTH_PASSWORD_REFUSED"],
    ["a common password, dressed up", { password: "Q1W2E3R4T5" }, "AUTH_PASSWORD_REFUSED"],
    ["a password with the address", { password: `x${body.email}x` }, "AUTH_PASSWORD_REFUSED"],
    ["one character again and again", { password: "aaaaaaaaaaaa" }, "AUTH_PASSWORD_REFUSED"],
    ["a short password", { password: "short" }, "VALIDATION_FAILED"],
    ["a huge password", { password: "x".repeat(129) }, "VALIDATION_FAILED"],
    ["no address", { email: "nobody" }, "VALIDATION_FAILED"],
    ["two addresses", { email: "a@mail.test,b@mail.test" }, "VALIDATION_FAILED"],
    ["a header in the address", { email: "a@mail.test\r\nBcc: b@mail.test" }, "VALIDATION_FAILED"],
    ["a day that is none", { birthDate: "1994-02-30" }, "VALIDATION_FAILED"],
    ["a field too many", { admin: true }, "VALIDATION_FAILED"],
  ];
  for (const [what, change, code] of table) {
    const answer = await call(auth, "POST", "/v1/auth/signup", { body: { ...body, ...change } });
    t.equal(answer.body.code, code, what);
  }
  const [row] = await world.sql<{ n: number }>(
    "SELECT count(*)::int AS n FROM auth.accounts WHERE email = $1",
    [body.email],
  );
  t.equal(row?.n, 0);
  t.equal((await signup(auth, "ünïcödé@bücher.test")).status, 202, "other scripts are welcome");
});

await t.test("deletion hides at once, restoring undoes it, both are told in order", async (t) => {
  const { session } = await newMember(auth, mail);
  const { memberId, accessToken: token } = session;
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => call<{ erasesAt: string }>(auth, "DELETE", "/v1/auth/me", { token })),
  );
  t.ok(answers.every(({ status }) => status === 202));
  const erasesAt = answers[0]?.body.erasesAt ?? "";
  t.ok(
    answers.every(({ body }) => body.erasesAt === erasesAt),
    "asked five times at once, decided once",
  );
  t.ok(Math.abs(Date.parse(erasesAt) - Date.now() - 14 * 86_400_000) < 60_000);
  t.match((await me(token)).body, { status: "deleting", erasesAt });
  t.match(await call(auth, "POST", "/v1/auth/me/restore", { token }), {
    status: 200,
    body: { status: "active" },
  });
  t.match(await call(auth, "POST", "/v1/auth/me/restore", { token }), {
    status: 409,
    body: { code: "AUTH_NOT_DELETING" },
  });
  const told = await world.sql<{ version: number; status: string }>(
    `SELECT (payload->>'version')::int AS version, payload->>'status' AS status FROM auth.outbox
     WHERE aggregate_id = $1 AND subject = $2 ORDER BY id`,
    [memberId, AccountChanged.subject],
  );
  t.same(
    told.map(({ version, status }) => `${version} ${status}`),
    ["1 active", "2 deleting", "3 active"],
  );
});

await t.test("A17 a password is reset once, by whoever has the mail, and signs out everywhere", async (t) => {
  const { email, session } = await newMember(auth, mail);
  const forgot = (address: string) =>
    call(auth, "POST", "/v1/auth/password/forgot", { body: { email: address } });
  const [known, unknown] = [await forgot(email), await forgot(newAddress())];
  t.same([known.status, known.body], [202, unknown.body]);
  const token = /token=([A-Za-z0-9_-]{43})&/.exec(await mailText(mail, email, 2))?.[1] ?? "";
  const [stored] = await world.sql<{ row: string }>("SELECT r::text AS row FROM auth.password_resets r");
  t.notOk(stored?.row.includes(token), "hashed at rest");
  const reset = (value: string, password = "another-good-one-81") =>
    call(auth, "POST", "/v1/auth/password/reset", { body: { token: value, password } });
  t.match(await reset("made up"), { status: 422, body: { code: "AUTH_RESET_TOKEN_INVALID" } });
  t.match(await reset(token, "1234567890"), { status: 422, body: { code: "AUTH_PASSWORD_REFUSED" } });
  auth.clock.move(601_000);
  t.equal((await reset(token)).status, 422, "too old");
  auth.clock.move(-601_000);
  const answers = await Promise.all(
    Array.from({ length: 5 }, (_, i) => reset(token, `another-good-one-8${i}`)),
  );
  t.same(answers.map(({ status }) => status).sort(), [204, 422, 422, 422, 422], "of five at once, one");
  t.equal((await refresh(auth, session.refreshToken)).status, 401);
  t.equal((await logIn(auth, email)).status, 401);
  const right = answers.findIndex(({ status }) => status === 204);
  t.equal((await logIn(auth, email, `another-good-one-8${right}`)).status, 200);
  t.match(await mailText(mail, email, 3), "has just been changed");
});

await t.test("changing the password asks for the old one, and signs the other devices out", async (t) => {
  const { email, session } = await newMember(auth, mail);
  const other = (await logIn(auth, email)).body;
  const change = (token: string, currentPassword: string) =>
    call<Session>(auth, "POST", "/v1/auth/password/change", {
      token,
      body: { currentPassword, newPassword: "a-third-good-one-5" },
    });
  t.match(await change(session.accessToken, "not this one"), {
    status: 422,
    body: { code: "AUTH_CURRENT_PASSWORD_WRONG" },
  });
  const changed = await change(session.accessToken, goodPassword);
  t.equal(changed.status, 200);
  t.equal((await refresh(auth, other.refreshToken)).status, 401);
  t.equal((await refresh(auth, session.refreshToken)).status, 401);
  await eventually(async () => assert.equal((await me(other.accessToken)).status, 401), patience);
  t.equal((await me(changed.body.accessToken)).status, 200);
  t.equal((await refresh(auth, changed.body.refreshToken)).status, 200);
});

await t.test(
  "a mail goes out once the SMTP server is back, from any instance; its request id is the asker's",
  async (t) => {
    const port = 1;
    const lonely = await startAuth(t, world, { smtpPort: port });
    // Whichever instance takes the letter: one of them has no server, the other goes on when the lease is given back.
    const email = newAddress();
    const body = { email, password: goodPassword, birthDate: "1990-01-01", acceptedTermsVersion: "1" };
    const answer = await call(lonely, "POST", "/v1/auth/signup", {
      body,
      headers: { "x-request-id": "letter-request-1" },
    });
    t.equal(answer.status, 202);
    await lonely.stop();
    await codeTo(mail, email);
    const [first] = await mailsTo(mail, email);
    t.equal(first?.headers["x-request-id"], "letter-request-1", "A11 A45");
    await forAWhile(async () => assert.equal((await mailsTo(mail, email)).length, 1), 300);
  },
);
