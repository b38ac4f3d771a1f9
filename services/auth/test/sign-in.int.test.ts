import assert from "node:assert/strict";
import type { Challenge, RecoveryCodes, Session, TotpEnrolment } from "@kismet/contracts";
import { Secret, TOTP } from "otpauth";
import type { Static } from "typebox";
import {
  call,
  codeTo,
  goodPassword,
  holdAccount,
  mailsTo,
  mailText,
  newAddress,
  newMember,
  refresh,
  signup,
  waitingForLocks,
} from "./auth-world.ts";
import t from "tap";
import { type From, startSignIns } from "./sign-in-world.ts";

// Of a busy machine.
t.setTimeout(120_000);

const {
  world,
  mail,
  auth,
  two,
  berlin,
  hamburg,
  munich,
  texas,
  post,
  login,
  answer,
  asMember,
  listedOf,
  wrongOf,
  challengeOf,
  berliner,
  noLettersWait,
} = await startSignIns(t);

await t.test("a new device or place asks for an e-mailed code; what was there before does not", async (t) => {
  const { email, deviceToken } = await berliner();
  t.equal((await login(email, { address: berlin })).status, 200, "at home, where everything began");
  const known = await login(email, { address: hamburg, device: { token: deviceToken } });
  t.ok(known.body.accessToken, "the same device elsewhere in the country");
  t.notOk(known.body.deviceToken, "it has its token");
  for (const [what, from] of [
    ["another device elsewhere", { address: texas }],
    ["the same device in another country", { address: texas, device: { token: deviceToken } }],
    [
      "a token that nobody gave",
      { address: texas, device: { token: `${crypto.randomUUID()}.${"A".repeat(43)}` } },
    ],
  ] as const) {
    const { body } = await login(email, from);
    t.same(body.challenge?.kinds, ["email_code"], what);
    t.notOk(body.accessToken, what);
  }
  await noLettersWait();
  const others = await berliner();
  const foreign = await login(email, { address: munich, device: { token: others.deviceToken } });
  t.ok(foreign.body.challenge, "another member's device is nobody's here");
  const [id = ""] = deviceToken.split(".");
  const made = await login(email, { address: munich, device: { token: `${id}.${"A".repeat(43)}` } });
  t.ok(made.body.challenge, "who knows which device it is does not have it");
});

await t.test(
  "the e-mailed code opens the session once, tells the member, and makes the device known",
  async (t) => {
    const { email } = await berliner();
    const from: From = { address: texas, device: { name: "Café tablet" } };
    const { id } = challengeOf(await login(email, from));
    const code = await codeTo(mail, email, 2);
    t.match(await answer(id, "email_code", wrongOf(code), from), {
      status: 422,
      body: { code: "AUTH_CODE_INVALID" },
    });
    t.match(await answer(id, "totp", code, from), { status: 410, body: { code: "AUTH_CHALLENGE_OVER" } });
    const answers = await Promise.all(
      Array.from({ length: 3 }, (_, i) =>
        answer(id, "email_code", code, { ...from, at: i % 2 ? two : auth }),
      ),
    );
    t.same(answers.map(({ status }) => status).sort(), [200, 410, 410], "of three at once, one");
    const opened = answers.find(({ status }) => status === 200)?.body as Session;
    t.match(await mailText(mail, email, 3), /Café tablet[\s\S]*United States/, "an alert");
    const row = await listedOf(opened.accessToken);
    t.match(row, {
      deviceName: "Café tablet",
      place: "US",
      methods: ["password", "email_code"],
      current: true,
    });
    const moved = await post<Session>(
      "/v1/auth/refresh",
      { refreshToken: opened.refreshToken },
      { address: berlin },
    );
    t.equal((await listedOf(moved.body.accessToken))?.place, "DE", "where it was last seen");
    const again = await login(email, { address: texas, device: { token: opened.deviceToken ?? "" } });
    t.ok(again.body.accessToken, "known from now on");
    await noLettersWait();
    t.equal((await mailsTo(mail, email)).length, 3, "and no alert for it");
  },
);

await t.test(
  "a device that is signed out from another one, or before a new password, is new again",
  async (t) => {
    const { email, session, deviceToken } = await berliner();
    const known = { address: hamburg, device: { token: deviceToken } };
    const { id } = challengeOf(await login(email, { address: texas }));
    const tablet = (await answer(id, "email_code", await codeTo(mail, email, 2), { address: texas }))
      .body as Session;
    const lost = { address: hamburg, device: { token: tablet.deviceToken ?? "" } };
    t.ok((await login(email, lost)).body.accessToken, "known");
    const mine = session.accessToken;
    t.equal((await asMember("DELETE", `/v1/auth/sessions/${tablet.sessionId}`, mine)).status, 204);
    t.ok((await login(email, { ...lost, address: munich })).body.challenge, "signed out from the other one");
    t.equal((await asMember("POST", "/v1/auth/logout-all", mine)).status, 204);
    const here = (await login(email, known)).body;
    t.ok(here.accessToken, "the device at hand is still known");
    t.equal((await asMember("POST", "/v1/auth/logout", here.accessToken ?? "")).status, 204);
    t.ok((await login(email, known)).body.accessToken, "also when it signs itself out");
    await noLettersWait();
    const count = (await mailsTo(mail, email)).length;
    await post("/v1/auth/password/forgot", { email }, { address: berlin });
    const text = await mailText(mail, email, count + 1);
    const token = /[A-Za-z0-9_-]{43}/.exec(text)?.[0] ?? "";
    const password = "another-lantern-for-the-heron";
    t.equal((await post("/v1/auth/password/reset", { token, password }, { address: berlin })).status, 204);
    t.ok(
      (await login(email, { ...known, address: munich }, password)).body.challenge,
      "whoever had it may have been the reason",
    );
    t.ok((await login(email, { address: berlin }, password)).body.accessToken, "at home it is fine");
  },
);

await t.test("A17 codes of challenges: hashed, five tries however many at once, ten minutes", async (t) => {
  const { email } = await berliner();
  const from = { address: texas };
  const first = challengeOf(await login(email, from));
  const code = await codeTo(mail, email, 2);
  for (const table of ["challenges", "letters", "outbox", "guesses"]) {
    const rows = await world.sql<{ row: string }>(`SELECT r::text AS row FROM auth.${table} r`);
    t.notOk(
      rows.some(({ row }) => new RegExp(`(^|[^0-9])${code}([^0-9]|$)`).test(row)),
      `no code in ${table}`,
    );
  }
  const guesses = Array.from({ length: 30 }, (_, i) =>
    String((Number(code) + 1 + i) % 1_000_000).padStart(6, "0"),
  );
  const answers = await Promise.all(
    guesses.map((guess, i) => answer(first.id, "email_code", guess, { ...from, at: i % 2 ? two : auth })),
  );
  t.equal(answers.filter(({ status }) => status === 422).length, 5, "thirty at once are five");
  t.equal((await answer(first.id, "email_code", code, from)).status, 410, "the right one comes too late");
  const second = challengeOf(await login(email, from));
  const late = await codeTo(mail, email, 3);
  auth.clock.move(601_000);
  t.equal((await answer(second.id, "email_code", late, from)).status, 422, "after ten minutes");
  auth.clock.move(-601_000);
  t.equal((await answer(second.id, "email_code", late, from)).status, 200);
});

await t.test("A17 a challenge ends with the password that began it", async (t) => {
  const { email, session } = await berliner();
  const { id } = challengeOf(await login(email, { address: texas }));
  const code = await codeTo(mail, email, 2);
  const body = { currentPassword: goodPassword, newPassword: "a-fresh-heron-in-spring" };
  t.equal((await asMember("POST", "/v1/auth/password/change", session.accessToken, body)).status, 200);
  t.equal((await answer(id, "email_code", code, { address: texas })).status, 410);
});

await t.test("codes by e-mail instead of a password: the same answer for every address", async (t) => {
  const { email } = await berliner();
  const ask = (address: string, device?: { token: string }) =>
    post<Challenge>(
      "/v1/auth/code/request",
      { email: address, ...(device ? { device } : {}) },
      { address: texas },
    );
  const [known, unknown] = [await ask(email.toUpperCase()), await ask(newAddress())];
  t.same([known.status, unknown.status], [202, 202]);
  t.same(known.body.challenge.kinds, unknown.body.challenge.kinds);
  const code = await codeTo(mail, email, 2);
  await noLettersWait();
  const tries = async (id: string) => {
    const told = [];
    for (let i = 0; i < 7; i += 1) {
      const { status, body } = await answer(id, "email_code", wrongOf(code), { address: texas });
      told.push({ ...body, status, requestId: "" });
    }
    return told;
  };
  const { id } = challengeOf(await ask(email));
  await codeTo(mail, email, 3);
  t.same(await tries(id), await tries(unknown.body.challenge.id), "wrong codes too");
  const opened = await answer(known.body.challenge.id, "email_code", code, { address: texas });
  t.equal(opened.status, 200, "nobody else's tries were spent on this one");
  t.match(await listedOf((opened.body as Session).accessToken), {
    methods: ["email_code"],
    place: "US",
  });
  const unverified = newAddress();
  await signup(auth, unverified);
  await codeTo(mail, unverified);
  await ask(unverified);
  await noLettersWait();
  t.equal(
    (await mailsTo(mail, unverified)).length,
    1,
    "nothing for who has not shown that the address is theirs",
  );
});

await t.test(
  "strangers get five codes an hour for an address, and use up none of the member's own",
  async (t) => {
    const { email, deviceToken } = await berliner();
    const ask = (address: string, device?: { token: string }) =>
      post<Challenge>("/v1/auth/code/request", { email, ...(device ? { device } : {}) }, { address });
    for (let i = 0; i < 8; i += 1) await ask(texas);
    await noLettersWait();
    t.equal((await mailsTo(mail, email)).length, 1 + 5);
    await ask(berlin);
    await codeTo(mail, email, 7);
    const elsewhere = challengeOf(await ask(texas, { token: deviceToken }));
    const code = await codeTo(mail, email, 8);
    t.equal((await answer(elsewhere.id, "email_code", code, { address: texas })).status, 200);
    const other = await berliner();
    const { id } = challengeOf(
      await post<Challenge>("/v1/auth/code/request", { email: other.email }, { address: berlin }),
    );
    await codeTo(mail, other.email, 2);
    for (let i = 0; i < 4; i += 1)
      t.equal((await post("/v1/auth/challenge/resend", { id }, { address: berlin })).status, 202);
    await noLettersWait();
    t.equal((await mailsTo(mail, other.email)).length, 1 + 3, "three codes for one challenge");
  },
);

await t.test("a mailbox gets twenty codes a day from strangers, however patient they are", async (t) => {
  const { email } = await berliner();
  const hourMs = 3_600_001;
  const counts: number[] = [];
  for (let hour = 0; hour < 6; hour += 1) {
    for (let i = 0; i < 6; i += 1) await post("/v1/auth/code/request", { email }, { address: texas });
    await noLettersWait();
    counts.push((await mailsTo(mail, email)).length - 1);
    auth.clock.move(hourMs);
  }
  t.same(counts, [5, 10, 15, 20, 20, 20]);
  auth.clock.move(19 * hourMs);
  await post("/v1/auth/code/request", { email }, { address: texas });
  await codeTo(mail, email, 22);
  auth.clock.move(-25 * hourMs);
});

const totpFor = ({ secret }: { secret: string }) => new TOTP({ secret: Secret.fromBase32(secret) });
const nowOf = (authenticator: TOTP, steps = 0) =>
  authenticator.generate({ timestamp: auth.clock.now().getTime() + steps * 30_000 });

/** A member with an authenticator, one step after its first code. */
async function withTotp() {
  const member = await newMember(auth, mail);
  const token = member.session.accessToken;
  const enrolled = await asMember<Static<typeof TotpEnrolment>>("POST", "/v1/auth/factors/totp", token);
  assert.equal(enrolled.status, 201);
  const authenticator = totpFor(enrolled.body);
  const confirmed = await asMember<Static<typeof RecoveryCodes>>(
    "POST",
    "/v1/auth/factors/totp/confirm",
    token,
    {
      code: nowOf(authenticator),
    },
  );
  assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body));
  auth.clock.move(60_000);
  return { ...member, token, enrolled: enrolled.body, authenticator, codes: confirmed.body.recoveryCodes };
}
const home = { address: "127.0.0.1" };

await t.test("an authenticator is asked for once it is confirmed, and each code is good once", async (t) => {
  const { email, session } = await newMember(auth, mail);
  const token = session.accessToken;
  const factors = async () => (await asMember("GET", "/v1/auth/factors", token)).body;
  const { body: enrolled } = await asMember<Static<typeof TotpEnrolment>>(
    "POST",
    "/v1/auth/factors/totp",
    token,
  );
  t.match(enrolled.uri, /^otpauth:\/\/totp\/Kismet:.*secret=[A-Z2-7]{32}&.*period=30/);
  t.match(await factors(), { totp: null, recoveryCodesLeft: 0 });
  t.ok((await login(email, home)).body.accessToken, "not before it is confirmed");
  const authenticator = totpFor(enrolled);
  const confirm = (code: string) => asMember("POST", "/v1/auth/factors/totp/confirm", token, { code });
  t.equal((await confirm(wrongOf(nowOf(authenticator)))).status, 422);
  const used = nowOf(authenticator);
  t.equal((await confirm(used)).status, 200);
  t.match(await confirm(used), { status: 409, body: { code: "AUTH_TOTP_ENROLLED" } });
  t.match(await mailText(mail, email, 2), "An authenticator was added");
  t.match(await factors(), { totp: { confirmedAt: /Z$/ }, recoveryCodesLeft: 10 });
  const begin = async () => challengeOf(await login(email, home));
  const { id, kinds } = await begin();
  t.same(kinds, ["totp", "recovery_code"]);
  t.equal((await answer(id, "totp", used, home)).status, 422, "the code that confirmed it was seen already");
  t.equal((await answer(id, "totp", nowOf(authenticator, 2), home)).status, 422, "two steps ahead");
  auth.clock.move(90_000);
  const code = nowOf(authenticator);
  const sessions = await Promise.all(
    Array.from({ length: 4 }, async (_, i) =>
      answer((await begin()).id, "totp", code, { ...home, at: i % 2 ? two : auth }),
    ),
  );
  t.same(
    sessions.map(({ status }) => status).sort(),
    [200, 422, 422, 422],
    "one code, four sign-ins at once, one",
  );
  const opened = sessions.find(({ status }) => status === 200)?.body as Session;
  t.match((await listedOf(opened.accessToken))?.methods, ["password", "totp"]);
  auth.clock.move(3_600_000);
  t.equal(
    (await answer((await begin()).id, "totp", nowOf(authenticator, -1), home)).status,
    200,
    "a slow clock",
  );
  t.equal(
    (await answer((await begin()).id, "totp", nowOf(authenticator, 1), home)).status,
    200,
    "a fast clock",
  );
  t.equal(
    (await answer((await begin()).id, "totp", nowOf(authenticator), home)).status,
    422,
    "time does not go back",
  );
});

await t.test("two who show the same code wait for each other: the second has seen it used", async (t) => {
  const { email, session, authenticator } = await withTotp();
  const ids = [challengeOf(await login(email, home)).id, challengeOf(await login(email, home)).id];
  const held = await holdAccount(world, session.memberId);
  const answers = ids.map((id, i) =>
    answer(id, "totp", nowOf(authenticator), { ...home, at: i % 2 ? two : auth }),
  );
  await waitingForLocks(world, 2);
  await held.commit();
  t.same((await Promise.all(answers)).map(({ status }) => status).sort(), [200, 422]);
});

await t.test("a code of an authenticator, or of recovery, is one step-up's, of two at once", async (t) => {
  const { session, token, authenticator, codes } = await withTotp();
  const [recovery = ""] = codes;
  for (const proof of [
    { kind: "totp", code: nowOf(authenticator) },
    { kind: "recovery_code", code: recovery },
  ]) {
    const held = await holdAccount(world, session.memberId);
    const both = [0, 1].map(() => asMember("POST", "/v1/auth/step-up", token, proof));
    await waitingForLocks(world, 2);
    await held.commit();
    t.same((await Promise.all(both)).map(({ status }) => status).sort(), [200, 422], proof.kind);
    t.equal((await asMember("POST", "/v1/auth/step-up", token, proof)).status, 422, "nor later");
  }
});

await t.test(
  "A17 the secret is sealed, recovery codes are hashed, single use, and renewed together",
  async (t) => {
    const { email, token, enrolled, codes, authenticator } = await withTotp();
    t.equal(new Set(codes).size, 10);
    const dump = JSON.stringify(
      await world.sql("SELECT r::text FROM auth.totps r UNION ALL SELECT r::text FROM auth.recovery_codes r"),
    );
    for (const secret of [enrolled.secret, ...codes, ...codes.map((code) => code.replaceAll("-", ""))])
      t.notOk(dump.includes(secret));
    const [first = "", second = ""] = codes;
    const begin = async () => challengeOf(await login(email, home)).id;
    const ids = await Promise.all([begin(), begin(), begin()]);
    const answers = await Promise.all(
      ids.map((id) => answer(id, "recovery_code", first.toLowerCase(), home)),
    );
    t.same(answers.map(({ status }) => status).sort(), [200, 422, 422], "three at once, one");
    t.match(await mailText(mail, email, 3), "recovery codes was used");
    t.match((await asMember("GET", "/v1/auth/factors", token)).body, { recoveryCodesLeft: 9 });
    t.match(
      await asMember("POST", "/v1/auth/step-up", token, { kind: "password", password: goodPassword }),
      { status: 403, body: { code: "AUTH_FRESH_SIGN_IN_NEEDED", kinds: ["totp", "recovery_code"] } },
      "who has a second factor steps up with it",
    );
    const renewed = await asMember<Static<typeof RecoveryCodes>>(
      "POST",
      "/v1/auth/factors/recovery-codes",
      token,
    );
    t.equal(renewed.body.recoveryCodes.length, 10);
    t.equal((await answer(await begin(), "recovery_code", second, home)).status, 422, "an old one");
    t.equal((await asMember("DELETE", "/v1/auth/factors/totp", token)).status, 204);
    t.equal((await asMember("DELETE", "/v1/auth/factors/totp", token)).status, 404);
    t.ok((await login(email, home)).body.accessToken, "a password is enough again");
    t.match((await asMember("GET", "/v1/auth/factors", token)).body, { totp: null, recoveryCodesLeft: 0 });
    t.ok(nowOf(authenticator));
  },
);

await t.test("codes of an authenticator can't be guessed by signing in again and again", async (t) => {
  const { email, authenticator } = await withTotp();
  const wrong = wrongOf(nowOf(authenticator));
  const ids: string[] = [];
  for (let i = 0; i < 4; i += 1) ids.push(challengeOf(await login(email, home)).id);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      answer(ids[i % ids.length] ?? "", "totp", wrong, { ...home, at: i % 2 ? two : auth }),
    ),
  );
  const looked = answers.filter(({ status }) => status === 422).length;
  t.ok(looked <= 6 && looked > 0, `${looked} of twenty at once were looked at`);
  const refused = answers.find(({ status }) => status === 429);
  t.match(refused, { body: { code: "AUTH_TOO_MANY_TRIES" }, headers: { "retry-after": /^\d+$/ } });
});

await t.test("who has a session guesses no better at what proves that it is theirs", async (t) => {
  const withFactor = await withTotp();
  const { session } = await newMember(auth, mail);
  const table = [
    [withFactor.token, { kind: "totp", code: wrongOf(nowOf(withFactor.authenticator)) }],
    [withFactor.token, { kind: "recovery_code", code: "AAAA-AAAA-AAAA" }],
    [session.accessToken, { kind: "password", password: "not this one" }],
  ] as const;
  for (const [token, proof] of table) {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        call(i % 2 ? two : auth, "POST", "/v1/auth/step-up", { token, body: proof }),
      ),
    );
    const looked = answers.filter(({ status }) => status === 422).length;
    t.ok(looked <= 6 && looked > 0, `${proof.kind}: ${looked} of twenty at once were looked at`);
    t.ok(answers.every(({ status }) => status === 422 || status === 429));
  }
});

await t.test("what is delicate asks for fresh authentication, by what the refusal names", async (t) => {
  const { email, session } = await newMember(auth, mail);
  const token = (await refresh(auth, session.refreshToken)).body.accessToken;
  const enrol = () => asMember("POST", "/v1/auth/factors/totp", token);
  t.equal((await enrol()).status, 201, "just signed in");
  auth.clock.move(601_000);
  const current = (await refresh(auth, (await login(email, home)).body.refreshToken ?? "")).body;
  await world.sql(
    "UPDATE auth.sessions SET authenticated_at = authenticated_at - interval '11 minutes' WHERE id = $1",
    [current.sessionId],
  );
  const ask = <T = object>(path: string, body?: unknown) =>
    asMember<T>("POST", path, current.accessToken, body);
  const delicate = () => ask("/v1/auth/factors/totp");
  const refused = await delicate();
  t.match(refused, {
    status: 403,
    body: { code: "AUTH_FRESH_SIGN_IN_NEEDED", kinds: ["password", "email_code"] },
  });
  t.match(await ask("/v1/auth/step-up", { kind: "password", password: "not this one" }), {
    status: 422,
    body: { code: "AUTH_CURRENT_PASSWORD_WRONG" },
  });
  t.equal((await delicate()).status, 403, "refreshing or failing freshens nothing");
  t.equal((await ask("/v1/auth/step-up", { kind: "password", password: goodPassword })).status, 200);
  t.equal((await delicate()).status, 201);
  const other = (await login(email, home)).body as Session;
  await world.sql("UPDATE auth.sessions SET authenticated_at = NULL WHERE id = ANY($1)", [
    [current.sessionId, other.sessionId],
  ]);
  const { id } = challengeOf(await ask<Challenge>("/v1/auth/step-up/code"));
  const code = await codeTo(mail, email, 2);
  t.equal((await answer(id, "email_code", code, home)).status, 410, "it opens no session");
  const stolen = await asMember("POST", "/v1/auth/step-up", other.accessToken, {
    kind: "email_code",
    id,
    code,
  });
  t.equal(stolen.status, 410, "it is for the session that asked");
  const held = await holdAccount(world, session.memberId);
  const both = [0, 1].map(() => ask("/v1/auth/step-up", { kind: "email_code", id, code }));
  await waitingForLocks(world, 2);
  await held.commit();
  t.same((await Promise.all(both)).map(({ status }) => status).sort(), [200, 410], "of two at once, one");
  t.equal((await delicate()).status, 201);
  t.equal((await ask("/v1/auth/step-up", { kind: "email_code", id, code })).status, 410, "once");
  await world.sql("UPDATE auth.sessions SET authenticated_at = $2 WHERE id = $1", [
    current.sessionId,
    new Date(auth.clock.now().getTime() + 3_600_000).toISOString(),
  ]);
  t.equal((await delicate()).status, 403, "a moment that is yet to come is no proof");
  const trail = await world.sql<{ outcome: string; n: number }>(
    `SELECT outcome, count(*)::int AS n FROM (
       SELECT action, outcome, subject FROM auth.audit_pending UNION ALL SELECT action, outcome, subject FROM auth.audit_trail
     ) rows WHERE action = 'auth.step-up' GROUP BY outcome ORDER BY outcome`,
  );
  t.match(trail, [{ outcome: "ok" }, { outcome: "refused" }], "A22 in the trail, also what was refused");
  auth.clock.move(-601_000);
});

/** As if its member had last shown who they are so long ago. */
const age = (sessionId: string, minutes: number) =>
  world.sql("UPDATE auth.sessions SET authenticated_at = $2 WHERE id = $1", [
    sessionId,
    new Date(auth.clock.now().getTime() - minutes * 60_000).toISOString(),
  ]);

const changePassword = (token: string, newPassword: string, currentPassword = goodPassword) =>
  asMember<Session>("POST", "/v1/auth/password/change", token, { currentPassword, newPassword });

await t.test(
  "A02 with an authenticator a right password alone changes nothing, and a new one makes no session fresher or weaker",
  async (t) => {
    const { session, token, authenticator } = await withTotp();
    await age(session.sessionId, 11);
    t.match(await changePassword(token, "a-heron-that-was-stolen-1"), {
      status: 403,
      body: { code: "AUTH_FRESH_SIGN_IN_NEEDED", kinds: ["totp", "recovery_code"] },
    });
    const proof = { kind: "totp", code: nowOf(authenticator) };
    t.equal((await asMember("POST", "/v1/auth/step-up", token, proof)).status, 200);
    const before = await listedOf(token);
    t.match(before?.methods, ["email_code", "totp"]);
    await age(session.sessionId, 9);
    const changed = await changePassword(token, "a-heron-that-came-back-2");
    t.equal(changed.status, 200);
    const { accessToken, sessionId } = changed.body;
    t.not(sessionId, session.sessionId);
    t.same((await listedOf(accessToken))?.methods, before?.methods, "staff goes on with its roles");
    t.equal((await refresh(auth, session.refreshToken)).status, 401);
    auth.clock.move(61_000);
    t.match(
      await asMember("DELETE", "/v1/auth/factors/totp", accessToken),
      { status: 403, body: { code: "AUTH_FRESH_SIGN_IN_NEEDED" } },
      "ten minutes count from the step-up, not from the new password",
    );
    auth.clock.move(-61_000);
  },
);

await t.test(
  "A02 a session that is ended while its password is being changed gets no successor",
  async (t) => {
    const { email, session } = await newMember(auth, mail);
    const held = await holdAccount(
      world,
      session.memberId,
      `UPDATE auth.sessions SET ended_at = now() WHERE id = '${session.sessionId}'`,
    );
    const answer = changePassword(session.accessToken, "a-heron-that-came-late-3");
    await waitingForLocks(world, 1);
    await held.commit();
    t.equal((await answer).status, 401);
    const running = await world.sql("SELECT 1 FROM auth.sessions WHERE member_id = $1 AND ended_at IS NULL", [
      session.memberId,
    ]);
    t.equal(running.length, 0);
    t.equal((await login(email, home)).status, 200, "and the password is what it was");
  },
);
