import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  AccountChanged,
  type AgeAssurance,
  type AgeCheck,
  type AuditItem,
  type OwnAccount,
  type Restriction,
  type Session,
} from "@kismet/contracts";
import { signBody } from "@kismet/service-kit";
import { createWorld, eventually } from "@kismet/testing";
import t from "tap";
import { signatureHeader } from "../src/age/age-provider.ts";
import {
  type Answer,
  call,
  codeTo,
  goodPassword,
  holdAccount,
  mailText,
  newAddress,
  newMember,
  patience,
  publicUrl,
  refresh,
  startAuth,
  startMail,
  StoppedClock,
  strongToken,
  verify,
  waitingForLocks,
} from "./auth-world.ts";

t.setTimeout(120_000);
const minuteMs = 60_000;
const dayMs = 86_400_000;
const ageProviderSecret = randomBytes(32).toString("base64url");
const birthDateInDocument = "1987-03-09";

const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);
const clock = new StoppedClock();
const settings = { ageProviderSecret, codeIntervalMs: 0, clock };
const auth = await startAuth(t, world, mail, { ...settings, ageSandboxEnabled: true });
const told: { memberId: string; status: string }[] = [];
await world.standIn("profile", {
  watch: (bus) => bus.watch(AccountChanged, { sinceMs: 60_000 }, ({ payload }) => void told.push(payload)),
});
const toldOf = (id: string) => told.filter(({ memberId }) => memberId === id).map(({ status }) => status);

async function memberOf(
  jurisdiction?: string,
  birthDate = "1994-05-17",
): Promise<{ email: string; session: Session }> {
  const email = newAddress();
  const said = {
    birthDate,
    locale: "de",
    acceptedTermsVersion: "2026-01",
    ...(jurisdiction ? { jurisdiction } : {}),
  };
  await call(auth, "POST", "/v1/auth/signup", { body: { email, password: goodPassword, ...said } });
  const { body } = await verify(auth, email, await codeTo(mail, email));
  return { email, session: body };
}

const age = async (token: string) => (await call<AgeAssurance>(auth, "GET", "/v1/auth/age", { token })).body;
const statusOf = async (token: string) =>
  (await call<OwnAccount>(auth, "GET", "/v1/auth/me", { token })).body.status;
const begin = (token: string, method: string, at: { url: string } = auth): Promise<Answer<AgeCheck>> =>
  call(at, "POST", "/v1/auth/age/checks", { token, body: { method } });

/** What a developer does at the sandbox's page; gives the page that says what became of it. */
async function choose(redirectUrl: string, fields: Record<string, string>): Promise<string> {
  assert(redirectUrl.startsWith(`${publicUrl}/auth/age/sandbox?check=`));
  const address = redirectUrl.replace(publicUrl, auth.url);
  const shown = await fetch(address);
  assert.equal(shown.status, 200);
  assert.match(shown.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  const check = /name="check" value="([^"]+)"/.exec(await shown.text())?.[1] ?? "";
  const body = new URLSearchParams({ check, ...fields });
  const answer = await fetch(`${auth.url}/auth/age/sandbox`, { method: "POST", body });
  assert.equal(answer.status, 200);
  return answer.text();
}

const prove = async (token: string, method: "estimation" | "document", fields: Record<string, string>) => {
  // Two verdicts of one moment have no order.
  clock.move(1_000);
  const { status, body } = await begin(token, method);
  assert.equal(status, 201, JSON.stringify(body));
  return choose(body.redirectUrl, fields);
};
const document = (birthDate = birthDateInDocument) => ({ found: "document", birthDate });
const estimate = (years: number) => ({ found: "estimate", years: String(years) });

/** As the provider signs it, but for what a test changes. */
function post(
  result: object,
  { secret = ageProviderSecret, at = clock.now(), body = JSON.stringify(result) } = {},
) {
  const headers = {
    "content-type": "application/json",
    [signatureHeader]: signBody(secret, JSON.stringify(result), at),
  };
  return fetch(`${auth.url}/v1/auth/age/results`, { method: "POST", headers, body });
}

async function resultOf(check: AgeCheck, found: object, decidedAt = clock.now()) {
  const [row] = await world.sql<{ provider_ref: string }>(
    "SELECT provider_ref FROM auth.age_checks WHERE id = $1",
    [check.id],
  );
  const ref = row?.provider_ref ?? assert.fail("the check has a reference");
  return { id: randomUUID(), reference: check.id, ref, decidedAt: decidedAt.toISOString(), ...found };
}

async function newStaff(role: string) {
  const { email, session } = await newMember(auth, mail);
  await world.sql("UPDATE auth.accounts SET roles = $2 WHERE member_id = $1", [session.memberId, [role]]);
  return { ...session, token: await strongToken(auth, world, email) };
}

await t.test(
  "A14 where a proof is wanted, nothing but one's own account is open until it is there",
  async (t) => {
    const { session } = await memberOf("GB");
    const { memberId, accessToken: token } = session;
    t.equal(await statusOf(token), "age_unproven");
    t.match(await age(token), {
      state: "declared",
      required: "estimated",
      minimumAge: 18,
      jurisdiction: "GB",
      outstanding: true,
      methods: ["estimation", "document"],
      check: null,
      lastOutcome: null,
    });
    for (const [method, path] of [
      ["POST", "/v1/auth/factors/totp"],
      ["POST", "/v1/auth/passkeys/options"],
    ] as const)
      t.match(await call(auth, method, path, { token }), {
        status: 403,
        body: { code: "AUTH_AGE_ASSURANCE_REQUIRED" },
      });
    for (const path of ["/v1/auth/sessions", "/v1/auth/me/exports", "/v1/auth/factors"])
      t.equal((await call(auth, "GET", path, { token })).status, 200, path);
    const { status, body: check } = await begin(token, "estimation");
    t.equal(status, 201);
    t.same((await age(token)).check, check, "who has closed the page finds it again");
    t.match(await choose(check.redirectUrl, estimate(31)), "The result was taken");
    t.match(await age(token), { state: "estimated", outstanding: false, check: null, lastOutcome: "passed" });
    await eventually(() => assert.deepEqual(toldOf(memberId), ["age_unproven", "active"]), {
      timeoutMs: 1_000,
    });
    await eventually(
      async () => assert.notEqual((await call(auth, "POST", "/v1/auth/factors/totp", { token })).status, 403),
      { timeoutMs: 1_000 },
    );
    t.match(await choose(check.redirectUrl, estimate(9)), "answered with 400", "a check has one result");
    t.equal((await age(token)).state, "estimated");
    const page = await fetch(`${auth.url}/auth/age/done?lang=ar`);
    t.match(await page.text(), /dir="rtl".*شكرًا لك/s);
    t.equal((await fetch(`${auth.url}/auth/age/sandbox?check=aaaa.bbbb`)).status, 410);
    t.match(
      await auth.parts.metrics.getSingleMetricAsString("kismet_age_checks_total"),
      /outcome="passed",service="auth"\} 1/,
    );
  },
);

await t.test("the default asks for nothing, and a member of it is as before", async (t) => {
  const { session } = await memberOf();
  t.match(await age(session.accessToken), { state: "declared", required: "declared", outstanding: false });
  t.equal(await statusOf(session.accessToken), "active");
});

await t.test(
  "a face too near to the limit, or none, asks for a document; what it says is not kept",
  async (t) => {
    const { session } = await memberOf("AU");
    const { accessToken: token, memberId } = session;
    await prove(token, "estimation", { found: "inconclusive" });
    t.match(await age(token), {
      state: "declared",
      lastOutcome: "inconclusive",
      methods: ["estimation", "document"],
    });
    await prove(token, "estimation", estimate(19));
    t.match(await age(token), { state: "declared", lastOutcome: "near_limit", methods: ["document"] });
    t.match(await begin(token, "estimation"), { status: 422, body: { code: "AUTH_AGE_METHOD_REFUSED" } });
    await prove(token, "document", { found: "failed" });
    t.match(await age(token), { state: "declared", lastOutcome: "failed" });
    await prove(token, "document", document());
    t.match(await age(token), { state: "verified", outstanding: false });
    t.equal(await statusOf(token), "active");
    const tables = await world.sql<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'auth'",
    );
    for (const { name } of tables) {
      const rows = await world.sql(`SELECT 1 FROM auth."${name}" r WHERE r::text LIKE $1`, [
        `%${birthDateInDocument}%`,
      ]);
      t.equal(rows.length, 0, `${name} has no birth date of a document`);
    }
    const [row] = await world.sql<{ sealed: string | null }>(
      "SELECT string_agg(sealed_redirect, '') AS sealed FROM auth.age_checks WHERE member_id = $1",
      [memberId],
    );
    t.equal(row?.sealed, null, "no address of a page is left either");
  },
);

await t.test("A18 a result counts only if the provider signed these bytes, just now", async (t) => {
  const { session } = await memberOf("GB");
  const { body: check } = await begin(session.accessToken, "document");
  const good = await resultOf(check, document());
  const later = (ms: number) => new Date(clock.now().getTime() + ms);
  const tries: [string, Promise<Response>][] = [
    ["another secret", post(good, { secret: "another one, which is as long as ours" })],
    ["another body", post(good, { body: JSON.stringify({ ...good, birthDate: "1970-01-01" }) })],
    ["white space", post(good, { body: `${JSON.stringify(good)} ` })],
    ["too old", post(good, { at: later(-5 * minuteMs - 2_000) })],
    ["from the future", post(good, { at: later(5 * minuteMs + 2_000) })],
    ["another reference of the provider's", post({ ...good, ref: "sbx_somebody_elses" })],
    ["an unknown check", post({ ...good, reference: randomUUID() })],
    ["found in the future", post({ ...good, decidedAt: later(6 * minuteMs).toISOString() })],
    ["found before it was asked for", post({ ...good, decidedAt: later(-6 * minuteMs).toISOString() })],
    ["found after the check was over", post({ ...good, decidedAt: check.expiresAt })],
    ["an estimate instead", post({ ...good, found: "estimate", years: 40, birthDate: undefined })],
  ];
  for (const [what, answer] of tries) {
    const { status } = await answer;
    t.equal(status, 400, what);
  }
  const bare = await fetch(`${auth.url}/v1/auth/age/results`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(good),
  });
  t.match(await bare.json(), { code: "AUTH_AGE_RESULT_REFUSED" }, "and the reason is not told");
  t.equal((await age(session.accessToken)).state, "declared");
  t.equal((await post(good, { at: later(-5 * minuteMs + 2_000) })).status, 200, "clocks differ");
  t.equal((await age(session.accessToken)).state, "verified");
  const unsigned = await fetch(`${auth.url}/v1/auth/age/sandbox/checks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ...{
        reference: randomUUID(),
        method: "document",
        minimumAge: 18,
        expiresAt: check.expiresAt,
        locale: "en",
      },
      ...{ resultUrl: "http://127.0.0.1:9/", returnUrl: "http://127.0.0.1:9/" },
    }),
  });
  t.equal(unsigned.status, 400, "nobody else asks the sandbox for checks");
});

await t.test("twice, at once, and of another's check: a result counts once", async (t) => {
  const [one, other] = await Promise.all([memberOf("GB"), memberOf("GB")]);
  const [mine, theirs] = await Promise.all([
    begin(one.session.accessToken, "document"),
    begin(other.session.accessToken, "document"),
  ]);
  const good = await resultOf(mine.body, document());
  const swapped = { ...good, reference: theirs.body.id };
  t.equal((await post(swapped)).status, 400, "under another member's check");
  const before = await auth.parts.metrics.getSingleMetricAsString("kismet_age_checks_total");
  const held = await holdAccount(world, one.session.memberId);
  const answers = Array.from({ length: 3 }, () => post(good));
  answers.push(post({ ...good, id: randomUUID(), birthDate: "2015-01-01" }));
  await waitingForLocks(world, 4);
  await held.commit();
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  t.equal((await post(good)).status, 200, "and again afterwards");
  const won = statuses[0] === 200;
  t.equal(statuses.filter((status) => status === (won ? 400 : 200)).length, 1, "of two results one counts");
  const counted = await auth.parts.metrics.getSingleMetricAsString("kismet_age_checks_total");
  const total = (text: string) =>
    [...text.matchAll(/\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
  t.equal(total(counted) - total(before), 1, "and is counted once");
  t.equal((await age(other.session.accessToken)).state, "declared");
});

await t.test("one check at a time, however many ask at once; five a day", async (t) => {
  const { session } = await memberOf("GB");
  const { accessToken: token, memberId } = session;
  const held = await holdAccount(world, memberId);
  const answers = Array.from({ length: 4 }, () => begin(token, "estimation"));
  await waitingForLocks(world, 4);
  await held.commit();
  const begun = await Promise.all(answers);
  t.same(begun.map(({ status }) => status).sort(), [201, 409, 409, 409]);
  t.equal(begun.find(({ status }) => status === 409)?.body.code, "AUTH_AGE_CHECK_OPEN");
  const check = begun.find(({ status }) => status === 201)?.body ?? assert.fail();
  await choose(check.redirectUrl, { found: "inconclusive" });
  for (let i = 0; i < 4; i += 1) await prove(token, "estimation", { found: "inconclusive" });
  const sixth = await begin(token, "estimation");
  t.match(sixth, { status: 429, body: { code: "AUTH_AGE_CHECKS_SPENT" } });
  t.ok(Number(sixth.headers["retry-after"]) > 86_000);
  await world.sql(
    "UPDATE auth.age_checks SET opened_at = opened_at - interval '1 day' WHERE member_id = $1",
    [memberId],
  );
  t.equal((await begin(token, "estimation")).status, 201, "tomorrow again");
});

await t.test(
  "a result found in time counts although it comes late, but never over what was found after it",
  async (t) => {
    const { session } = await memberOf("GB");
    const { accessToken: token, memberId } = session;
    const { body: first } = await begin(token, "estimation");
    const late = await resultOf(first, { found: "too_young" });
    clock.move(31 * minuteMs);
    t.teardown(() => clock.move(-31 * minuteMs));
    await eventually(async () => assert.equal((await age(token)).lastOutcome, "expired"), patience);
    t.equal(
      (await fetch(first.redirectUrl.replace(publicUrl, auth.url))).status,
      410,
      "the page is over too",
    );
    const fresh = (await refresh(auth, session.refreshToken)).body.accessToken;
    await prove(fresh, "estimation", estimate(40));
    t.equal((await age(fresh)).state, "estimated");
    t.equal((await post(late)).status, 200, "it is taken");
    t.equal((await age(fresh)).state, "estimated", "and changes nothing");
    t.equal(await statusOf(fresh), "active");
    t.same(
      (
        await world.sql<{ outcome: string }>(
          "SELECT outcome FROM auth.age_checks WHERE member_id = $1 ORDER BY opened_at",
          [memberId],
        )
      ).map(({ outcome }) => outcome),
      ["refused", "passed"],
    );
    const other = await memberOf("GB");
    const { body: second } = await begin(other.session.accessToken, "document");
    const inTime = await resultOf(second, document());
    clock.move(31 * minuteMs);
    await eventually(
      async () => assert.equal((await age(other.session.accessToken)).lastOutcome, "expired"),
      patience,
    );
    const tooLate = { ...inTime, id: randomUUID(), decidedAt: clock.now().toISOString() };
    t.equal((await post(tooLate)).status, 400, "found when the check was over");
    t.equal((await post(inTime)).status, 200);
    t.equal((await age(other.session.accessToken)).state, "verified", "nothing was found since");
    clock.move(-31 * minuteMs);
  },
);

await t.test("A22 who is too young is suspended, may object, and a document puts a face right", async (t) => {
  const moderator = await newStaff("moderator");
  const { session, email } = await memberOf("GB");
  const { accessToken: token, memberId } = session;
  await prove(token, "estimation", estimate(9));
  t.match(await age(token), { state: "refused", outstanding: true, methods: ["document"] });
  t.equal(await statusOf(token), "suspended");
  const restriction = await call<Restriction>(auth, "GET", "/v1/auth/me/restriction", { token });
  t.match(restriction.body, { kind: "suspended", reason: "underage", until: null, mayAppeal: true });
  t.match(await mailText(mail, email, 2), "nicht volljährig");
  await prove(token, "document", document());
  t.match(await age(token), { state: "verified", outstanding: false });
  t.equal(await statusOf(token), "active", "a document outranks a face");
  t.same(toldOf(memberId), ["age_unproven", "suspended", "active"]);

  const young = await memberOf("DE");
  await prove(young.session.accessToken, "document", document("2015-06-01"));
  t.match(await age(young.session.accessToken), { state: "refused", methods: [] });
  t.equal(await statusOf(young.session.accessToken), "suspended");
  t.match(await begin(young.session.accessToken, "document"), {
    status: 422,
    body: { code: "AUTH_AGE_METHOD_REFUSED" },
  });
  const appeal = { token: young.session.accessToken, body: { text: "It was my sister's card." } };
  t.equal((await call(auth, "POST", "/v1/auth/me/appeals", appeal)).status, 201);
  const queue = await call<{ items: { id: string; memberId: string }[] }>(auth, "GET", "/v1/admin/appeals", {
    token: moderator.token,
  });
  const item = queue.body.items.find((each) => each.memberId === young.session.memberId) ?? assert.fail();
  const decision = { token: moderator.token, body: { outcome: "overturned", reason: "It was." } };
  t.equal((await call(auth, "POST", `/v1/admin/appeals/${item.id}/decision`, decision)).status, 204);
  t.match(await age(young.session.accessToken), { state: "declared", outstanding: true });
  t.equal(await statusOf(young.session.accessToken), "age_unproven", "as before: a proof is still wanted");
  const admin = await newStaff("admin");
  await eventually(async () => {
    const { body } = await call<{ items: AuditItem[] }>(auth, "GET", `/v1/admin/members/${memberId}/audit`, {
      token: admin.token,
    });
    const found = body.items
      .filter(({ action }) => action === "auth.age.result")
      .map(({ details }) => details);
    assert.deepEqual(
      found.reverse().map((details) => JSON.parse(details) as object),
      [
        { method: "estimation", outcome: "refused", state: "refused" },
        { method: "document", outcome: "passed", state: "verified" },
      ],
    );
  }, patience);
});

await t.test(
  "what staff has decided stands beside a refusal: neither takes the place of the other",
  async (t) => {
    const moderator = await newStaff("moderator");
    const { session } = await memberOf("GB");
    const { accessToken: token, memberId } = session;
    const { body: check } = await begin(token, "estimation");
    const status = (body: object) =>
      call(auth, "POST", `/v1/admin/members/${memberId}/status`, { token: moderator.token, body });
    await status({ action: "ban", reason: "scam" });
    await choose(check.redirectUrl, { found: "too_young" });
    t.equal(await statusOf(token), "banned");
    await status({ action: "lift", comment: "x" });
    t.equal(await statusOf(token), "age_unproven", "the refusal is still there");
    await prove(token, "document", document());
    t.equal(await statusOf(token), "active");
  },
);

await t.test("the stricter place counts at once; a laxer one is for support, and in the trail", async (t) => {
  const support = await newStaff("support");
  const { session } = await memberOf(undefined, "2008-01-02");
  const { accessToken: token, memberId } = session;
  const declare = (jurisdiction: string) =>
    call(auth, "PUT", "/v1/auth/age/jurisdiction", { token, body: { jurisdiction } });
  t.match(await declare("KR"), { status: 422, body: { code: "AUTH_TOO_YOUNG" } });
  t.equal((await declare("US-NY")).status, 200);
  t.equal(await statusOf(token), "active", "no more is asked for there");
  t.match((await declare("GB")).body, { required: "estimated", outstanding: true });
  t.equal(await statusOf(token), "age_unproven");
  await prove(token, "estimation", estimate(33));
  t.equal(await statusOf(token), "active");
  t.match((await declare("IT")).body, { required: "verified", outstanding: true, state: "estimated" });
  t.equal(await statusOf(token), "age_unproven");
  for (const laxer of ["GB", "US-NY", "ZZ"])
    t.match(await declare(laxer), { status: 409, body: { code: "AUTH_AGE_JURISDICTION_LAXER" } }, laxer);
  const change = (body: object, as = support.token, id = memberId) =>
    call<AgeAssurance>(auth, "POST", `/v1/admin/members/${id}/age`, { token: as, body });
  t.equal((await change({ action: "move", jurisdiction: "GB" }, token)).status, 403);
  t.equal((await change({ action: "reset" }, support.token, support.memberId)).status, 403, "not themselves");
  t.match((await change({ action: "move", jurisdiction: "GB" })).body, {
    jurisdiction: "GB",
    outstanding: false,
  });
  t.equal(await statusOf(token), "active");
  t.match((await change({ action: "reset" })).body, { state: "declared", outstanding: true });
  const trail = await world.sql<{ action: string; actor_kind: string }>(
    "SELECT action, actor_kind FROM (SELECT action, actor_kind, occurred_at FROM auth.audit_trail UNION ALL SELECT action, actor_kind, occurred_at FROM auth.audit_pending) a WHERE action IN ('auth.age.jurisdiction', 'auth.age.reset') ORDER BY occurred_at",
  );
  t.same(
    trail.map(({ action, actor_kind }) => `${action} by ${actor_kind}`),
    [
      ...Array.from({ length: 3 }, () => "auth.age.jurisdiction by member"),
      "auth.age.jurisdiction by staff",
      "auth.age.reset by staff",
    ],
  );
  const korean = {
    email: newAddress(),
    password: goodPassword,
    birthDate: "2008-01-02",
    acceptedTermsVersion: "1",
  };
  const signUp = (jurisdiction: string) =>
    call(auth, "POST", "/v1/auth/signup", { body: { ...korean, jurisdiction } });
  t.match(await signUp("KR"), { status: 422, body: { code: "AUTH_TOO_YOUNG" } });
  t.equal((await signUp("GB")).status, 202);
});

await t.test("a proof ends when its time is over, and everybody hears of it", async (t) => {
  const { session } = await memberOf("IT");
  const { memberId, accessToken: token } = session;
  await prove(token, "document", document());
  t.equal(await statusOf(token), "active");
  const expiresAt = (await age(token)).expiresAt ?? assert.fail("it ends");
  const ahead = new Date(expiresAt).getTime() - clock.now().getTime();
  t.equal(Math.round(ahead / dayMs), 365);
  clock.move(ahead - 1_000);
  t.teardown(() => clock.move(-ahead));
  const states = async () =>
    (
      await world.sql<{ state: string }>("SELECT state FROM auth.age_assurances WHERE member_id = $1", [
        memberId,
      ])
    )[0]?.state;
  t.equal(await states(), "verified");
  clock.move(1_000);
  await eventually(async () => assert.equal(await states(), "expired"), patience);
  await eventually(
    () => assert.deepEqual(toldOf(memberId), ["age_unproven", "active", "age_unproven"]),
    patience,
  );
});

await t.test(
  "A23 a provider that is away, slow or not itself: a typed error, nothing lost, no try spent",
  async (t) => {
    let answers: "away" | "nonsense" | "silent" | "good" = "away";
    const server = createServer((_request, response) => {
      if (answers === "silent") return;
      response.setHeader("content-type", "application/json");
      if (answers === "good")
        response.end(JSON.stringify({ ref: `ref-${randomUUID()}`, redirectUrl: "https://ages.test/" }));
      else response.writeHead(answers === "away" ? 500 : 200).end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    const ageProviderUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/checks`;
    const second = await startAuth(t, world, mail, { ...settings, ageProviderUrl });
    const { session } = await memberOf("GB");
    const { accessToken: token } = session;
    for (const each of ["away", "nonsense", "silent", "away", "away", "away"] as const) {
      answers = each;
      const answer = await begin(token, "document", second);
      t.match(answer, { status: 503, body: { code: "AUTH_AGE_PROVIDER_UNAVAILABLE" } }, each);
      t.ok(answer.headers["retry-after"]);
    }
    t.match(
      await second.parts.metrics.getSingleMetricAsString("kismet_breaker_state"),
      /name="age provider",service="auth"\} (1|2)/,
      "it is left alone",
    );
    answers = "good";
    await eventually(async () => {
      const { status, body } = await begin(token, "document", second);
      assert.equal(status, 201);
      assert.equal(body.redirectUrl, "https://ages.test/");
    }, patience);
    t.match(await age(token), { check: { redirectUrl: "https://ages.test/" }, lastOutcome: null });
  },
);

await t.test("where nobody checks ages, it says so", async (t) => {
  const third = await startAuth(t, world, mail, { clock });
  const { session } = await memberOf("GB");
  t.match(await begin(session.accessToken, "document", third), {
    status: 404,
    body: { code: "AUTH_AGE_PROVIDER_NOT_CONFIGURED" },
  });
  t.equal((await fetch(`${third.url}/v1/auth/age/results`, { method: "POST" })).status, 404);
});
