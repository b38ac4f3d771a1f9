import assert from "node:assert/strict";
import { AccountChanged, type OidcOutcome, type Session } from "@kismet/contracts";
import { eventually, routesWithIds } from "@kismet/testing";
import t from "tap";
import { createDigests } from "../src/secrets/digests.ts";
import { banMarkOf } from "../src/standing/ban-marks.ts";
import {
  type Answer,
  call,
  codeTo,
  goodPassword,
  hashSecret,
  holdAccount,
  logIn,
  mailsTo,
  mailText,
  newAddress,
  newMember,
  patience,
  signup,
  verify,
  waitingForLocks,
} from "./auth-world.ts";
import {
  begin,
  comeBack,
  finish,
  refused,
  returnUrls,
  signInWith,
  startOidc,
  ticketOf,
} from "./oidc-world.ts";
import { linkTo, open, press } from "./page-client.ts";

const oidc = await startOidc(t);
const { world, mail, google, apple, auth, somebody, signUp, identities, newGoogleMember } = oidc;
const sessionOf = ({ body }: Answer<OidcOutcome>) => body as Session;

await t.test("somebody new signs up with a provider, once they have said when they were born", async (t) => {
  const { login, email } = somebody();
  const answer = await signInWith(auth, google, login);
  t.match(answer, {
    status: 200,
    body: { ticket: { purpose: "sign-up", email, emailVerified: true, givenName: "Ada" } },
  });
  const { token: ticket } = ticketOf(answer);
  t.match(await signUp(ticket, { birthDate: "2015-01-01" }), {
    status: 422,
    body: { code: "AUTH_TOO_YOUNG" },
  });
  t.match(await signUp("made-up"), { status: 422, body: { code: "AUTH_TICKET_INVALID" } });
  const answers = await Promise.all(Array.from({ length: 4 }, () => signUp(ticket)));
  t.same(answers.map(({ status }) => status).sort(), [200, 422, 422, 422], "A17 a ticket is good once");
  const { accessToken: token, memberId } = answers.find(({ status }) => status === 200)?.body as Session;
  t.match(await call(auth, "GET", "/v1/auth/me", { token }), {
    body: { id: memberId, email, emailVerified: true, status: "active" },
  });
  t.match(await identities(token), [{ provider: "google", email, givenName: "Ada" }]);
  t.equal((await logIn(auth, email)).status, 401, "there is no password");
  const told = await world.sql("SELECT 1 FROM auth.outbox WHERE aggregate_id = $1 AND subject = $2", [
    memberId,
    AccountChanged.subject,
  ]);
  t.equal(told.length, 1);
  const again = await signInWith(auth, google, login);
  t.match(again, { status: 200, body: { memberId, tokenType: "Bearer" } });

  const invalid = { status: 422, body: { code: "AUTH_TICKET_INVALID" } };
  const { token: late } = ticketOf(await signInWith(auth, google, somebody().login));
  auth.clock.move(1_801_000);
  t.match(await signUp(late), invalid, "after half an hour");
  auth.clock.move(-1_801_000);
  const banned = newAddress();
  await world.sql("INSERT INTO auth.ban_marks (hash, created_at) VALUES ($1, now())", [
    banMarkOf(createDigests(hashSecret), banned),
  ]);
  const alias = somebody({ email: banned.replace("@", "+again@") });
  t.match(
    await signUp(ticketOf(await signInWith(auth, google, alias.login)).token),
    invalid,
    "of a mailbox that is banned",
  );
});

await t.test(
  "A17 a state is hashed, good once, for ten minutes, for one provider and one client",
  async (t) => {
    const { login } = await newGoogleMember();
    const came = await comeBack(auth, google, login);
    t.equal(came.returnTo, returnUrls[0]);
    t.match(came.fragment, { provider: "google", state: came.flow.state, iss: google.issuer });
    t.match(new URL(came.flow.authorizationUrl).searchParams.get("code_challenge_method"), "S256");
    const other = await comeBack(auth, google, login);
    const rows = await world.sql<{ row: string }>("SELECT f::text AS row FROM auth.oidc_flows f");
    for (const secret of [came.flow.state, came.flow.verifier, came.fragment["code"] ?? ""])
      t.notOk(rows.some(({ row }) => row.includes(secret)));
    const asked = google.timesAsked("/token");
    t.match(await finish(auth, google, came, { verifier: other.flow.verifier }), refused, "another client's");
    t.match(await finish(auth, google, came), refused, "which has used it up");
    t.match(await finish(auth, google, other, { state: "made-up" }), refused);
    t.equal(google.timesAsked("/token"), asked, "and the provider was not asked");
    const third = await comeBack(auth, google, login);
    const askedApple = apple.timesAsked("/token");
    t.match(await finish(auth, apple, third), refused, "at another provider");
    t.equal(apple.timesAsked("/token"), askedApple, "which does not hear of it");
    const fourth = await comeBack(auth, google, login);
    auth.clock.move(601_000);
    t.match(await finish(auth, google, fourth), refused, "too late");
    auth.clock.move(-601_000);
    const fifth = await comeBack(auth, google, login);
    const answers = await Promise.all(Array.from({ length: 5 }, () => finish(auth, google, fifth)));
    t.same(answers.map(({ status }) => status).sort(), [200, 422, 422, 422, 422], "of five at once, one");
    const sixth = await comeBack(auth, google, login);
    const seventh = await comeBack(auth, google, login);
    t.match(
      await finish(auth, google, sixth, { code: seventh.fragment["code"] ?? "" }),
      refused,
      "the code of another flow, for want of its PKCE verifier",
    );
  },
);

await t.test(
  "a browser returns only to where the configuration allows; nobody is named to others",
  async (t) => {
    const { login } = somebody();
    t.equal((await comeBack(auth, google, login, { returnTo: returnUrls[1] ?? "" })).returnTo, returnUrls[1]);
    for (const returnTo of ["https://evil.example/", `${returnUrls[0]}/more`, "javascript:alert(1)"])
      t.match(await begin(auth, google, { returnTo }), { status: 400, body: { code: "VALIDATION_FAILED" } });
    const stray = await call(auth, "GET", "/v1/auth/oidc/google/callback?code=x&state=made-up");
    t.equal(stray.status, 303);
    t.equal(
      stray.headers["location"],
      `${returnUrls[0]}#provider=google&error=flow_over`,
      "nothing is passed on",
    );
    const { body: flow } = await begin(auth, google);
    const denied = await call(
      auth,
      "GET",
      `/v1/auth/oidc/google/callback?error=access_denied&state=${flow.state}`,
    );
    t.match(denied.headers["location"], /#provider=google&state=.*&error=access_denied$/);
    t.match(await call(auth, "POST", "/v1/auth/oidc/development/start", { body: {} }), {
      status: 404,
      body: { code: "AUTH_PROVIDER_NOT_CONFIGURED" },
    });
    t.same((await call(auth, "GET", "/v1/auth/oidc")).body, {
      items: [{ provider: "google" }, { provider: "apple" }],
      nextCursor: null,
    });
  },
);

await t.test("a code of another issuer is refused before anybody is asked (RFC 9207)", async (t) => {
  const { login } = await newGoogleMember();
  apple.people.set(login, { email: newAddress() });
  const fromApple = await comeBack(auth, apple, login);
  const before = google.timesAsked("/token");
  const mixed = async (iss: string | undefined) => {
    const came = await comeBack(auth, google, login);
    return finish(auth, google, came, { code: fromApple.fragment["code"] ?? "", iss });
  };
  t.match(await mixed(apple.issuer), refused, "the issuer of another provider");
  t.match(await mixed(undefined), refused, "none, of a provider that says it");
  t.equal(google.timesAsked("/token"), before);
});

await t.test(
  "an ID token of another time, with another nonce, signature or audience is refused",
  async (t) => {
    const { login } = await newGoogleMember();
    let earlier = "";
    google.tamper = (path, body) => {
      if (path === "/token") earlier = String(body["id_token"]);
      return body;
    };
    t.equal((await signInWith(auth, google, login)).status, 200);
    const replaced = async (change: (token: string) => string) => {
      google.tamper = (path, body) =>
        path === "/token" ? { ...body, id_token: change(String(body["id_token"])) } : body;
      const answer = await signInWith(auth, google, login);
      google.tamper = undefined;
      return answer;
    };
    t.match(await replaced(() => earlier), refused, "replayed: its nonce is another one");
    t.match(
      await replaced(
        (token) => `${token.slice(0, -8)}${token.endsWith("AAAAAAAA") ? "BBBBBBBB" : "AAAAAAAA"}`,
      ),
      refused,
      "altered",
    );
    const rewritten = (change: object) => (token: string) => {
      const [header, claims = "", signature] = token.split(".");
      const read = JSON.parse(Buffer.from(claims, "base64url").toString()) as object;
      return [
        header,
        Buffer.from(JSON.stringify({ ...read, ...change })).toString("base64url"),
        signature,
      ].join(".");
    };
    t.match(await replaced(rewritten({ sub: "somebody-else" })), refused, "claims that nobody has signed");
    t.match(await replaced(rewritten({ aud: "another-client" })), refused);
    t.match(
      await replaced((token) => {
        const [, claims] = token.split(".");
        return `${Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url")}.${claims}.`;
      }),
      refused,
      "signed by nobody",
    );
    t.equal((await signInWith(auth, google, login)).status, 200);
  },
);

await t.test("the provider's keys change, and nothing has to be restarted", async (t) => {
  const { login } = await newGoogleMember();
  t.equal((await signInWith(auth, google, login)).status, 200);
  const before = google.timesAsked("/jwks");
  t.equal((await signInWith(auth, google, login)).status, 200);
  t.equal(google.timesAsked("/jwks"), before, "a known key is not asked for again");
  google.rotateKeys();
  t.equal((await signInWith(auth, google, login)).status, 200);
  t.equal(google.timesAsked("/jwks"), before + 1);
});

await t.test("an address that is not verified links nothing, tells nothing, and gets a code", async (t) => {
  const member = await newMember(auth, mail);
  const { login } = somebody({ email: member.email, verified: false });
  const known = await signInWith(auth, google, login);
  t.match(known.body, { ticket: { purpose: "sign-up", emailVerified: false } });
  const linked = await call(auth, "POST", "/v1/auth/identities", {
    token: member.session.accessToken,
    body: { ticket: ticketOf(known).token },
  });
  t.match(linked, { status: 422, body: { code: "AUTH_TICKET_INVALID" } }, "not even by who is signed in");
  const sent = { status: 202, body: { status: "verification_sent" } };
  t.match(await signUp(ticketOf(known).token), sent, "an address that has an account");
  await eventually(async () => {
    const mails = await mailsTo(mail, member.email);
    assert.ok(mails.some(({ text }) => text.includes("has an account already")));
  }, patience);
  t.match(await identities(member.session.accessToken), []);

  const stranger = somebody({ verified: false });
  const ticket = ticketOf(await signInWith(auth, google, stranger.login)).token;
  t.match(await signUp(ticket), sent, "one that has none is answered the same");
  const code = await codeTo(mail, stranger.email);
  const rows = await world.sql<{ row: string }>("SELECT t::text AS row FROM auth.oidc_tickets t");
  t.notOk(
    rows.some(({ row }) => row.includes(ticket) || new RegExp(`\\b${code}\\b`).test(row)),
    "A17 hashed",
  );
  const wrong = code === "000000" ? "000001" : "000000";
  const prove = (given: string, token = ticket) =>
    call<Session>(auth, "POST", "/v1/auth/oidc/sign-up/verify", { body: { ticket: token, code: given } });
  const invalid = { status: 422, body: { code: "AUTH_CODE_INVALID" } };
  t.match(await verify(auth, stranger.email, code), invalid, "the code is worth nothing without the ticket");
  t.match(await prove(wrong), invalid);
  auth.clock.move(601_000);
  t.match(await prove(code), invalid, "too late");
  auth.clock.move(-601_000);
  const answers = await Promise.all([prove(code), prove(code)]);
  t.same(answers.map(({ status }) => status).sort(), [200, 422]);
  t.match(await signInWith(auth, google, stranger.login), { status: 200, body: { tokenType: "Bearer" } });

  const guessed = somebody({ verified: false });
  const guessedTicket = ticketOf(await signInWith(auth, google, guessed.login)).token;
  await signUp(guessedTicket);
  const right = await codeTo(mail, guessed.email);
  for (let i = 0; i < 5; i += 1) await prove(right === "000000" ? "000001" : "000000", guessedTicket);
  t.match(await prove(right, guessedTicket), invalid, "after five tries");
});

await t.test("a provider without an address asks for one, and one's own is verified by a code", async (t) => {
  google.people.set("nameless", {});
  const ticket = ticketOf(await signInWith(auth, google, "nameless"));
  t.match(ticket, { email: null, emailVerified: false });
  t.match(await signUp(ticket.token), { status: 422, body: { code: "AUTH_EMAIL_NEEDED" } });
  const { login } = somebody();
  const verified = ticketOf(await signInWith(auth, google, login));
  const email = newAddress();
  t.equal((await signUp(verified.token, { email })).status, 202, "another address than the verified one");
  await codeTo(mail, email);
  t.equal((await signUp(verified.token)).status, 202, "which the provider has not verified");
  const body = { ticket: verified.token, code: await codeTo(mail, email, 2) };
  const { accessToken: token } = (await call<Session>(auth, "POST", "/v1/auth/oidc/sign-up/verify", { body }))
    .body;
  t.match(await call(auth, "GET", "/v1/auth/me", { token }), { body: { email } });
});

await t.test("a code proves the address that it was sent to, and five an hour go to one", async (t) => {
  google.people.set("many-addresses", {});
  const { token: ticket } = ticketOf(await signInWith(auth, google, "many-addresses"));
  const [own, wanted] = [newAddress(), newAddress()];
  for (let i = 1; i <= 5; i += 1) {
    t.equal((await signUp(ticket, { email: own })).status, 202);
    await codeTo(mail, own, i);
  }
  const code = await codeTo(mail, own, 5);
  t.equal((await signUp(ticket, { email: own })).status, 202, "a sixth is answered the same");
  t.equal((await signUp(ticket, { email: wanted })).status, 202);
  await eventually(async () => assert.deepEqual(await world.sql("SELECT 1 FROM auth.letters"), []), patience);
  t.same([(await mailsTo(mail, own)).length, (await mailsTo(mail, wanted)).length], [5, 0]);
  t.match(
    await call(auth, "POST", "/v1/auth/oidc/sign-up/verify", { body: { ticket, code } }),
    { status: 422, body: { code: "AUTH_CODE_INVALID" } },
    "no other address",
  );
});

await t.test(
  "what is unlinked at the same moment opens nothing, and two never leave no way in",
  async (t) => {
    const { session } = await newGoogleMember();
    const token = session.accessToken;
    const second = somebody({}, apple);
    const linking = await comeBack(auth, apple, second.login, { kind: "link", token });
    t.equal((await finish(auth, apple, linking)).status, 200);
    const both = await identities(token);
    t.equal(both.length, 2);
    const unlink = (id = "") => call(auth, "DELETE", `/v1/auth/identities/${id}`, { token });
    const held = await holdAccount(world, session.memberId);
    const unlinked = both.map(({ id }) => unlink(id));
    await waitingForLocks(world, 2);
    await held.commit();
    t.same((await Promise.all(unlinked)).map(({ status }) => status).sort(), [204, 409]);

    const other = await newGoogleMember();
    await world.sql("UPDATE auth.accounts SET password_hash = 'x' WHERE member_id = $1", [
      other.session.memberId,
    ]);
    const [identity] = await identities(other.session.accessToken);
    const came = await comeBack(auth, google, other.login);
    const holding = await holdAccount(world, other.session.memberId);
    const gone = call(auth, "DELETE", `/v1/auth/identities/${identity?.id}`, {
      token: other.session.accessToken,
    });
    await waitingForLocks(world, 1);
    const opened = finish(auth, google, came);
    await waitingForLocks(world, 2);
    await holding.commit();
    t.equal((await gone).status, 204);
    t.match(await opened, refused);
  },
);

await t.test(
  "an account with the verified address is linked only by its owner, who signs in to it first",
  async (t) => {
    const member = await newMember(auth, mail);
    const { login } = somebody({ email: member.email });
    const answer = await signInWith(auth, google, login);
    t.match(answer.body, { ticket: { purpose: "link", email: member.email } });
    const { token: ticket } = ticketOf(answer);
    t.match(
      await signUp(ticket),
      { status: 422, body: { code: "AUTH_TICKET_INVALID" } },
      "it makes no second account",
    );
    const link = (token: string, given = ticket) =>
      call<{ linked: string }>(auth, "POST", "/v1/auth/identities", { token, body: { ticket: given } });
    const stranger = await newMember(auth, mail);
    t.match(await link(stranger.session.accessToken), { status: 422, body: { code: "AUTH_TICKET_INVALID" } });
    const own = (await logIn(auth, member.email)).body;
    await world.sql(
      "UPDATE auth.sessions SET authenticated_at = now() - interval '11 minutes' WHERE id = $1",
      [own.sessionId],
    );
    t.match(await link(own.accessToken), { status: 403, body: { code: "AUTH_FRESH_SIGN_IN_NEEDED" } });
    t.match(await begin(auth, google, { kind: "link", token: own.accessToken }), {
      status: 403,
      body: { code: "AUTH_FRESH_SIGN_IN_NEEDED" },
    });
    const proof = { kind: "password", password: goodPassword };
    t.equal(
      (await call(auth, "POST", "/v1/auth/step-up", { token: own.accessToken, body: proof })).status,
      200,
    );
    t.equal((await link(own.accessToken)).status, 201);
    t.match(await signInWith(auth, google, login), { body: { memberId: member.session.memberId } });
    await eventually(async () => {
      const mails = await mailsTo(mail, member.email);
      assert.ok(mails.some(({ subject }) => subject.includes("linked with Google")));
    }, patience);
    const [identity] = await identities(own.accessToken);
    const gone = await call(auth, "DELETE", `/v1/auth/identities/${identity?.id}`, {
      token: own.accessToken,
    });
    t.equal(gone.status, 204);
    t.match(
      await link(own.accessToken),
      { status: 422, body: { code: "AUTH_TICKET_INVALID" } },
      "A17 a ticket links once, although what it linked is gone again",
    );
  },
);

await t.test(
  "A14 a member adds a provider's account, sees it, and unlinks it, but not the last way in",
  async (t) => {
    const { session } = await newMember(auth, mail);
    const token = session.accessToken;
    const { login } = somebody();
    const come = (who: string, as: string) => comeBack(auth, google, who, { kind: "link", token: as });
    t.match(await begin(auth, google, { kind: "link" }), { status: 401 }, "nobody");
    const linked = await finish(auth, google, await come(login, token));
    t.match(linked, { status: 200, body: { linked: String } });
    t.match(await finish(auth, google, await come(login, token)), { body: linked.body }, "twice is once");
    const other = await newMember(auth, mail);
    t.match(await finish(auth, google, await come(login, other.session.accessToken)), {
      status: 409,
      body: { code: "AUTH_IDENTITY_TAKEN" },
    });
    t.match(
      await finish(auth, google, await come(somebody().login, token)),
      { status: 409, body: { code: "AUTH_IDENTITY_TAKEN" } },
      "one of a provider's",
    );
    const left = await newMember(auth, mail);
    const came = await come(somebody().login, left.session.accessToken);
    await call(auth, "POST", "/v1/auth/logout", { token: left.session.accessToken });
    t.match(await finish(auth, google, came), refused, "whoever began it has signed out");
    const ending = await newMember(auth, mail);
    const { memberId, sessionId, accessToken } = ending.session;
    const last = await come(somebody().login, accessToken);
    const held = await holdAccount(
      world,
      memberId,
      `UPDATE auth.sessions SET ended_at = now() WHERE id = '${sessionId}'`,
    );
    const linking = finish(auth, google, last);
    await waitingForLocks(world, 1);
    await held.commit();
    t.match(await linking, refused, "or is signed out at this moment");

    const [identity] = await identities(token);
    const unlink = (as: string) => call(auth, "DELETE", `/v1/auth/identities/${identity?.id}`, { token: as });
    t.equal((await unlink(other.session.accessToken)).status, 404);
    await world.sql("UPDATE auth.accounts SET password_hash = NULL WHERE member_id = $1", [session.memberId]);
    t.match(await unlink(token), { status: 409, body: { code: "AUTH_LAST_WAY_IN" } });
    t.match(
      await signInWith(auth, google, login),
      { body: { memberId: session.memberId } },
      "and still good",
    );
    await world.sql("UPDATE auth.accounts SET password_hash = 'x' WHERE member_id = $1", [session.memberId]);
    t.equal((await unlink(token)).status, 204);
    t.match((await signInWith(auth, google, login)).body, { ticket: { purpose: "sign-up" } });
    t.ok(routesWithIds("auth").includes("DELETE /v1/auth/identities/:id"));
  },
);

await t.test(
  "an address that changes at the provider changes nothing here, nor does whoever has it then",
  async (t) => {
    const { login, email, session } = await newGoogleMember();
    const renamed = newAddress();
    google.people.set(login, { email: renamed });
    t.match(await signInWith(auth, google, login), { body: { memberId: session.memberId } });
    const token = session.accessToken;
    t.match(
      await call(auth, "GET", "/v1/auth/me", { token }),
      { body: { email } },
      "the account keeps its own",
    );
    t.match(await identities(token), [{ email: renamed, givenName: "Ada" }]);
    const next = somebody({ email });
    t.match((await signInWith(auth, google, next.login)).body, { ticket: { purpose: "link" } });
  },
);

await t.test("who signs up with a provider gets no account that a stranger has prepared", async (t) => {
  const { login, email } = somebody();
  await signup(auth, email, "the strangers own words");
  const strangers = await codeTo(mail, email);
  const session = await signUp(ticketOf(await signInWith(auth, google, login)).token);
  t.equal(session.status, 200);
  t.equal((await logIn(auth, email, "the strangers own words")).status, 401);
  t.equal((await verify(auth, email, strangers)).status, 422, "nor does the code of that sign-up open it");
  const { memberId } = sessionOf(session);
  t.same(await world.sql("SELECT 1 FROM auth.signups WHERE member_id = $1", [memberId]), []);
});

await t.test(
  "an address that its member can still have back opens no account by a provider's word",
  async (t) => {
    const invalid = { status: 422, body: { code: "AUTH_TICKET_INVALID" } };
    const ticketFor = async (email: string, verified = true) =>
      ticketOf(await signInWith(auth, google, somebody({ email, verified }).login)).token;
    const { email, session } = await newMember(auth, mail);
    const second = newAddress();
    const token = session.accessToken;
    await call(auth, "POST", "/v1/auth/email/change", { token, body: { newEmail: second } });
    const code = await codeTo(mail, second);
    t.equal((await call(auth, "POST", "/v1/auth/email/confirm", { token, body: { code } })).status, 204);
    const undo = await linkTo(mail, email, 2);
    t.match(await signUp(await ticketFor(email)), invalid, "verified by the provider");
    t.equal((await signUp(await ticketFor(email, false))).status, 202);
    t.match(await mailText(mail, email, 3), "has an account already", "not verified: no code for it");
    t.equal((await press(auth, await open(auth, undo))).status, 200);
    t.match(await world.sql("SELECT email FROM auth.accounts WHERE member_id = $1", [session.memberId]), [
      { email },
    ]);

    const leaving = await newMember(auth, mail);
    const ticket = await ticketFor(leaving.email);
    const { memberId } = leaving.session;
    const third = newAddress();
    const held = await holdAccount(
      world,
      memberId,
      `UPDATE auth.accounts SET email = '${third}' WHERE member_id = '${memberId}';
     INSERT INTO auth.email_changes (id, member_id, old_email, new_email, tries_left, requested_at, confirmed_at, undo_hash)
     VALUES (gen_random_uuid(), '${memberId}', '${leaving.email}', '${third}', 5, now(), now(), 'an undo')`,
    );
    const meanwhile = signUp(ticket);
    await waitingForLocks(world, 1);
    await held.commit();
    t.match(await meanwhile, invalid, "also while they are leaving it");

    auth.clock.move(48 * 3_600_000 + 1_000);
    t.equal((await signUp(await ticketFor(leaving.email))).status, 200, "two days later it is free");
    auth.clock.move(-48 * 3_600_000 - 1_000);
  },
);

await t.test(
  "Apple answers by a form, tells a name once, and takes a secret that is signed each time",
  async (t) => {
    apple.people.set("ada", { email: newAddress(), verified: "true" });
    const user = JSON.stringify({
      name: { firstName: " Ada\u202e ", lastName: "L" },
      email: "x@evil.example",
    });
    const came = await comeBack(auth, apple, "ada", {}, { user });
    t.match(new URL(came.flow.authorizationUrl).searchParams.get("response_mode"), "form_post");
    const answer = await finish(auth, apple, came);
    t.match(answer.body, { ticket: { givenName: "Ada", emailVerified: true } });
    const { accessToken: token } = (await signUp(ticketOf(answer).token)).body;
    t.match(await identities(token), [{ provider: "apple", givenName: "Ada" }]);
    t.match(await signInWith(auth, apple, "ada"), { status: 200, body: { tokenType: "Bearer" } });
    t.match(await identities(token), [{ givenName: "Ada" }], "it is kept, although it is not told again");
    apple.people.set("bo", { email: newAddress() });
    const odd = await comeBack(auth, apple, "bo", {}, { user: "not json" });
    t.equal((await finish(auth, apple, odd)).status, 200, "what is no name is none");
  },
);
