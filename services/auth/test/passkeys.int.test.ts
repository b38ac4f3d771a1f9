import assert from "node:assert/strict";
import { type Deviation, SoftwareAuthenticator } from "@kismet/dev";
import type { Passkey, PasskeyCreationOptions, PasskeyRequestOptions, Session } from "@kismet/contracts";
import { createWorld, eventually, MovedClock } from "@kismet/testing";
import t from "tap";
import {
  type Answer,
  call,
  holdAccount,
  logIn,
  mailsTo,
  newMember,
  pageOrigin,
  patience,
  startAuth,
  startMail,
  waitingForLocks,
} from "./auth-world.ts";

const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);
const auth = await startAuth(t, world, mail);
const path = "/v1/auth/passkeys";

type Member = { email: string; session: Session; authenticator: SoftwareAuthenticator };
type Question<O> = { id: string; options: O };

async function offer(token: string): Promise<Question<PasskeyCreationOptions>> {
  const { status, body } = await call<Question<PasskeyCreationOptions>>(auth, "POST", `${path}/options`, {
    token,
  });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

async function add(
  { session: { accessToken: token }, authenticator }: Member,
  name = "Phone",
  deviation: Deviation = {},
): Promise<Answer<Passkey>> {
  const { id, options } = await offer(token);
  const body = { id, name, response: authenticator.create(options, deviation) };
  return call<Passkey>(auth, "POST", path, { token, body });
}

async function ask(): Promise<Question<PasskeyRequestOptions>> {
  return (await call<Question<PasskeyRequestOptions>>(auth, "POST", `${path}/sign-in/options`)).body;
}

const answerWith = (body: object) => call<Session>(auth, "POST", `${path}/sign-in`, { body });

async function signIn({ authenticator }: Member, deviation: Deviation = {}): Promise<Answer<Session>> {
  const { id, options } = await ask();
  return answerWith({ id, response: authenticator.get(options, deviation) });
}

const list = async ({ session }: Member) =>
  (await call<{ items: Passkey[] }>(auth, "GET", path, { token: session.accessToken })).body.items;

/** Of the audit trail, whether it is sealed by now or not. */
async function audited(details: string): Promise<string[]> {
  const rows = await world.sql<{ what: string }>(
    `SELECT action || ' ' || outcome AS what FROM (
       SELECT action, outcome, details FROM auth.audit_pending
       UNION ALL SELECT action, outcome, details FROM auth.audit_trail) a
     WHERE details LIKE $1`,
    [`%${details}%`],
  );
  return rows.map(({ what }) => what);
}

async function newOwner(): Promise<Member> {
  return { ...(await newMember(auth, mail)), authenticator: new SoftwareAuthenticator(pageOrigin) };
}

/** What is answered to who uses a passkey that is removed after it was accepted, before anything is opened with it. */
async function removedMeanwhile(
  { session: { memberId, accessToken: token } }: Member,
  id: string,
  use: () => Promise<Answer>,
): Promise<Answer> {
  const held = await holdAccount(world, memberId);
  const used = use();
  await waitingForLocks(world, 1);
  const removed = call(auth, "DELETE", `${path}/${id}`, { token });
  await waitingForLocks(world, 2);
  await held.commit();
  assert.equal((await removed).status, 204);
  return used;
}

const refused = { status: 401, body: { code: "AUTH_PASSKEY_REFUSED" } };
const invalid = { status: 422, body: { code: "AUTH_PASSKEY_INVALID" } };

await t.test("a passkey is added, and its owner signs in with it without saying who they are", async (t) => {
  const owner = await newOwner();
  const { options } = await offer(owner.session.accessToken);
  t.match(options, {
    rp: { id: "localhost" },
    user: { name: owner.email },
    excludeCredentials: [],
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  });
  t.notMatch(Buffer.from(options.user.id, "base64url").toString(), owner.email);
  const added = await add(owner, "  Ada\u202es phone ");
  t.match(added, { status: 201, body: { name: "Adas phone", backedUp: true, lastUsedAt: null } });
  const question = await ask();
  t.same(question.options.allowCredentials, [], "nobody is asked for");
  const body = { id: question.id, response: owner.authenticator.get(question.options) };
  const answer = await answerWith(body);
  t.match(answer, { status: 200, body: { memberId: owner.session.memberId, tokenType: "Bearer" } });
  const { accessToken: token } = answer.body;
  t.match(await call(auth, "GET", "/v1/auth/me", { token }), { status: 200, body: { email: owner.email } });
  const sessions = await call<{ items: { current: boolean; methods: string[] }[] }>(
    auth,
    "GET",
    "/v1/auth/sessions",
    { token },
  );
  t.same(sessions.body.items.find(({ current }) => current)?.methods, ["passkey"]);
  t.match(await list(owner), [{ name: "Adas phone", suspendedAt: null, lastUsedAt: String }]);
  t.match(await answerWith(body), refused, "the same assertion once more");
  const text = await eventually(async () => {
    const found = (await mailsTo(mail, owner.email)).find(({ subject }) => /passkey/i.test(subject));
    assert.ok(found);
    return found.text;
  }, patience);
  t.match(text, "Adas phone");
});

await t.test(
  "several passkeys: none twice, each renamed and removed by its owner only, not the last way in",
  async (t) => {
    const owner = await newOwner();
    const token = owner.session.accessToken;
    const [first, second] = [(await add(owner, "Phone")).body, (await add(owner, "Laptop")).body];
    t.same(
      (await list(owner)).map(({ name }) => name),
      ["Phone", "Laptop"],
    );
    const { options } = await offer(token);
    t.equal(options.excludeCredentials.length, 2);
    const [phone] = owner.authenticator.kept;
    t.equal((await signIn(owner, { credentialId: phone?.id ?? "" })).status, 200);
    t.equal((await signIn(owner)).status, 200);

    const stranger = await newOwner();
    const other = { token: stranger.session.accessToken };
    const rename = { body: { name: "Mine" } };
    t.equal((await call(auth, "PATCH", `${path}/${first.id}`, { ...other, ...rename })).status, 404, "A14");
    t.equal((await call(auth, "DELETE", `${path}/${first.id}`, other)).status, 404, "A14");
    t.match(await call(auth, "PATCH", `${path}/${first.id}`, { token, ...rename }), {
      body: { name: "Mine" },
    });

    t.equal((await call(auth, "DELETE", `${path}/${first.id}`, { token })).status, 204);
    t.match(await signIn(owner, { credentialId: phone?.id ?? "" }), refused, "one that was removed");
    await world.sql("UPDATE auth.accounts SET password_hash = NULL WHERE member_id = $1", [
      owner.session.memberId,
    ]);
    t.match(await call(auth, "DELETE", `${path}/${second.id}`, { token }), {
      status: 409,
      body: { code: "AUTH_LAST_WAY_IN" },
    });
    t.equal((await signIn(owner)).status, 200, "and it is still good");
    await add(owner, "Third");
    const both = await list(owner);
    const answers = await Promise.all(both.map(({ id }) => call(auth, "DELETE", `${path}/${id}`, { token })));
    t.same(answers.map(({ status }) => status).sort(), [204, 409], "of two removed at once one stays");
    await add(owner, "Fourth");
    const [stays, suspended] = await list(owner);
    await world.sql("UPDATE auth.passkeys SET suspended_at = now() WHERE id = $1", [suspended?.id]);
    t.match(
      await call(auth, "DELETE", `${path}/${stays?.id}`, { token }),
      { status: 409, body: { code: "AUTH_LAST_WAY_IN" } },
      "one that is suspended is no way in",
    );
    const pending = await offer(token);
    await world.sql(
      `INSERT INTO auth.passkeys SELECT (r).* FROM (SELECT jsonb_populate_record(p, jsonb_build_object(
         'id', gen_random_uuid(), 'credential_id', gen_random_uuid())) AS r
       FROM auth.passkeys p, generate_series(1, 18) WHERE p.id = $1) rows`,
      [stays?.id],
    );
    const exhausted = { status: 409, body: { code: "AUTH_PASSKEYS_EXHAUSTED" } };
    t.match(await call(auth, "POST", `${path}/options`, { token }), exhausted, "twenty are enough");
    const body = { id: pending.id, name: "x", response: owner.authenticator.create(pending.options) };
    t.match(await call(auth, "POST", path, { token, body }), exhausted, "also for what was begun before");
  },
);

await t.test(
  "A17 a question is hashed at rest, good once, for five minutes, for who asked and for what",
  async (t) => {
    const owner = await newOwner();
    await add(owner);
    const question = await ask();
    const stored = await world.sql<{ row: string }>("SELECT c::text AS row FROM auth.passkey_challenges c");
    t.ok(stored.length > 0);
    t.notOk(stored.some(({ row }) => row.includes(question.options.challenge)));
    const response = owner.authenticator.get(question.options);
    t.match(await answerWith({ id: crypto.randomUUID(), response }), refused, "of another id");
    const other = await ask();
    t.match(await answerWith({ id: other.id, response }), refused, "another question's answer");
    auth.clock.move(301_000);
    t.match(await answerWith({ id: question.id, response }), refused, "too late");
    auth.clock.move(-301_000);
    const again = await ask();
    const body = { id: again.id, response: owner.authenticator.get(again.options) };
    const answers = await Promise.all(Array.from({ length: 5 }, () => answerWith(body)));
    t.same(answers.map(({ status }) => status).sort(), [200, 401, 401, 401, 401], "of five at once, one");

    await add(owner, "Second");
    const [phone] = await list(owner);
    const [kept] = owner.authenticator.kept;
    const removed = await removedMeanwhile(owner, phone?.id ?? "", () =>
      signIn(owner, { credentialId: kept?.id ?? "" }),
    );
    t.match(removed, refused, "one that was removed at the same moment opens nothing");

    const token = owner.session.accessToken;
    const stepUp = await call<Question<PasskeyRequestOptions>>(auth, "POST", "/v1/auth/step-up/passkey", {
      token,
    });
    const proof = { id: stepUp.body.id, response: owner.authenticator.get(stepUp.body.options) };
    t.match(await answerWith(proof), refused, "what was asked for a step-up opens no session");
    const asked = await ask();
    const misused = { kind: "passkey", id: asked.id, response: owner.authenticator.get(asked.options) };
    t.match(
      await call(auth, "POST", "/v1/auth/step-up", { token, body: misused }),
      refused,
      "nor the other way",
    );
    const offered = await offer(token);
    const made = { id: offered.id, name: "x", response: owner.authenticator.create(offered.options) };
    const stranger = await newOwner();
    t.match(await call(auth, "POST", path, { token: stranger.session.accessToken, body: made }), invalid);
    t.match(await call(auth, "POST", path, { token, body: made }), invalid, "which has used it up");
    const [one, two] = [await offer(token), await offer(token)];
    const crossed = { id: two.id, name: "x", response: owner.authenticator.create(one.options) };
    t.match(await call(auth, "POST", path, { token, body: crossed }), invalid, "made for another question");
    const { accessToken: elsewhere } = (await logIn(auth, owner.email)).body;
    const here = { id: one.id, name: "x", response: owner.authenticator.create(one.options) };
    t.match(
      await call(auth, "POST", path, { token: elsewhere, body: here }),
      invalid,
      "in another session of the same member",
    );
  },
);

await t.test("what another site, or nobody, or somebody else signed is refused", async (t) => {
  const owner = await newOwner();
  const added = (await add(owner)).body;
  t.match(await signIn(owner, { origin: "https://evil.example" }), refused, "another origin");
  t.match(await signIn(owner, { origin: "http://localhost:8081" }), refused, "another port");
  t.match(await signIn(owner, { rpId: "evil.example" }), refused, "another relying party");
  t.match(await signIn(owner, { userVerified: false }), refused, "without its owner");
  t.match(await signIn(owner, { type: "webauthn.create" }), refused, "another ceremony");
  const stranger = await newOwner();
  await add(stranger);
  const strangers = stranger.authenticator.kept[0];
  t.match(
    await signIn(owner, { userHandle: strangers?.userHandle ?? "" }),
    refused,
    "in somebody else's name",
  );
  const question = await ask();
  const response = owner.authenticator.get(question.options);
  const theirs = { ...response, id: strangers?.id, rawId: strangers?.id };
  t.match(await answerWith({ id: question.id, response: theirs }), refused, "by another key");
  const altered = await ask();
  const good = owner.authenticator.get(altered.options);
  const signature = Buffer.from(good.response.signature, "base64url");
  signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1;
  const bad = { ...good, response: { ...good.response, signature: signature.toString("base64url") } };
  t.match(await answerWith({ id: altered.id, response: bad }), refused, "with an altered signature");
  t.match(await list(owner), [{ id: added.id, suspendedAt: null }], "none of which harms the passkey");
  t.equal((await signIn(owner)).status, 200);
  for (const deviation of [
    { origin: "https://evil.example" },
    { rpId: "evil.example" },
    { userVerified: false },
  ])
    t.match(await add(owner, "x", deviation), invalid, `added: ${JSON.stringify(deviation)}`);
  const { id, options } = await offer(owner.session.accessToken);
  const made = owner.authenticator.create(options);
  const token = owner.session.accessToken;
  t.equal((await call(auth, "POST", path, { token, body: { id, name: "x", response: made } })).status, 201);
  const kept = owner.authenticator.kept.at(-1);
  const strangersOffer = await offer(stranger.session.accessToken);
  const stolen = new SoftwareAuthenticator(pageOrigin);
  const copied = stolen.create(strangersOffer.options);
  await world.sql("UPDATE auth.passkeys SET credential_id = $1 WHERE credential_id = $2", [
    copied.id,
    kept?.id,
  ]);
  t.match(
    await call(auth, "POST", path, {
      token: stranger.session.accessToken,
      body: { id: strangersOffer.id, name: "x", response: copied },
    }),
    { status: 409, body: { code: "AUTH_PASSKEY_TAKEN" } },
    "a credential that somebody has",
  );
});

await t.test(
  "a counter that goes back suspends the passkey, for good; a bad signature does not",
  async (t) => {
    const owner = await newOwner();
    await add(owner);
    t.equal((await signIn(owner, { counter: 9 })).status, 200);
    const question = await ask();
    const forged = owner.authenticator.get(question.options, { counter: 3 });
    forged.response.signature = owner.authenticator.get(question.options, { counter: 10 }).response.signature;
    t.match(
      await answerWith({ id: question.id, response: forged }),
      refused,
      "an older counter that nobody signed",
    );
    t.match(await list(owner), [{ suspendedAt: null }]);
    t.match(await signIn(owner, { counter: 9 }), refused, "a counter seen before");
    t.match(await list(owner), [{ suspendedAt: String }]);
    t.same(await audited('"stored":9,"presented":9'), ["auth.factor.suspend ok"], "A22");
    t.ok((await audited('"method":"passkey"')).includes("auth.sign-in refused"), "A22");
    t.match(await signIn(owner, { counter: 10 }), refused, "suspended");
    const mails = await eventually(async () => {
      const found = (await mailsTo(mail, owner.email)).filter(({ subject }) => subject.includes("suspended"));
      assert.equal(found.length, 1);
      return found;
    }, patience);
    t.match(mails[0]?.text, "as only a copy of it would");
    const token = owner.session.accessToken;
    const { options } = await offer(token);
    t.equal(
      options.excludeCredentials.length,
      1,
      "the same authenticator is not asked for another beside it",
    );
    const asked = await call<Question<PasskeyRequestOptions>>(auth, "POST", "/v1/auth/step-up/passkey", {
      token,
    });
    t.same(asked.body.options.allowCredentials, []);
    const simultaneous = await newOwner();
    await add(simultaneous);
    const held = await holdAccount(world, simultaneous.session.memberId);
    const both = [signIn(simultaneous, { counter: 4 }), signIn(simultaneous, { counter: 4 })];
    await waitingForLocks(world, 2);
    await held.commit();
    const answers = await Promise.all(both);
    t.ok(
      answers.some(({ status }) => status === 401),
      "of two with one counter not both",
    );
    t.match(await list(simultaneous), [{ suspendedAt: String }], "which is noticed");
  },
);

await t.test("an authenticator that keeps no counter is never suspended for it", async (t) => {
  const owner = await newOwner();
  await add(owner);
  for (let i = 0; i < 3; i += 1) t.equal((await signIn(owner, { counter: 0 })).status, 200);
});

await t.test("a passkey is fresh authentication, its own and no other member's", async (t) => {
  const clock = new MovedClock();
  const later = await startAuth(t, world, mail, { clock });
  const owner = await newOwner();
  const token = owner.session.accessToken;
  await add(owner);
  const { body: passkey } = await add(owner, "Second");
  const remove = () => call(later, "DELETE", `${path}/${passkey.id}`, { token });
  const options = () => call(later, "POST", `${path}/options`, { token });
  await world.sql("UPDATE auth.sessions SET authenticated_at = now() - interval '11 minutes' WHERE id = $1", [
    owner.session.sessionId,
  ]);
  const stale = {
    status: 403,
    body: { code: "AUTH_FRESH_SIGN_IN_NEEDED", kinds: ["passkey", "password", "email_code"] },
  };
  t.match(await remove(), stale);
  t.match(await options(), stale);
  const stranger = await newOwner();
  await add(stranger);
  const question = () =>
    call<Question<PasskeyRequestOptions>>(auth, "POST", "/v1/auth/step-up/passkey", { token });
  const stepUp = (body: object) => call(auth, "POST", "/v1/auth/step-up", { token, body });
  const strangers = (await question()).body;
  t.match(
    await stepUp({
      kind: "passkey",
      id: strangers.id,
      response: stranger.authenticator.get(strangers.options),
    }),
    refused,
    "somebody else's passkey",
  );
  t.match(await remove(), stale);
  const own = (await question()).body;
  t.equal(own.options.allowCredentials.length, 2);
  t.match(await stepUp({ kind: "passkey", id: own.id, response: owner.authenticator.get(own.options) }), {
    status: 200,
    body: { freshUntil: String },
  });
  t.equal((await remove()).status, 204);
  await world.sql("UPDATE auth.sessions SET authenticated_at = now() WHERE id = $1", [
    owner.session.sessionId,
  ]);
  t.equal((await add(owner, "Third")).status, 201);
  const [left] = await list(owner);
  const [first] = owner.authenticator.kept;
  const asked = (await question()).body;
  const removed = await removedMeanwhile(owner, left?.id ?? "", () =>
    stepUp({
      kind: "passkey",
      id: asked.id,
      response: owner.authenticator.get(asked.options, { credentialId: first?.id ?? "" }),
    }),
  );
  t.match(removed, refused, "one that was removed at the same moment proves nothing");
});

await t.test("A28 the service does not start if its passkeys could not work", async (t) => {
  const start = (settings: object) => startAuth(t, world, mail, settings);
  await t.rejects(
    start({ passkeyOrigins: ["https://evil.example"] }),
    /KISMET_PASSKEY_ORIGINS has .* not belong/,
  );
  await t.rejects(start({ passkeyRpId: "127.0.0.1" }), /KISMET_PASSKEY_RP_ID must be a domain/);
  await t.rejects(start({ passkeyOrigins: undefined }), /KISMET_PASSKEY_ORIGINS is missing/);
});

await t.test(
  "an account that is gone can't be signed in to, one that is leaving can come back",
  async (t) => {
    const owner = await newOwner();
    await add(owner);
    await call(auth, "DELETE", "/v1/auth/me", { token: owner.session.accessToken });
    t.equal((await signIn(owner)).status, 200);
    await world.sql("DELETE FROM auth.accounts WHERE member_id = $1", [owner.session.memberId]);
    t.match(await signIn(owner), refused);
  },
);
