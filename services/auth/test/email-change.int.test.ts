import assert from "node:assert/strict";
import { randomUUIDv7 } from "node:crypto";
import type { Challenge, OwnAccount, RecoveryCodes, Session, TotpEnrolment } from "@kismet/contracts";
import { createDatabase } from "@kismet/database";
import { createParts, loadConfig } from "@kismet/service-kit";
import { createWorld, environmentOf, eventually } from "@kismet/testing";
import { Secret, TOTP } from "otpauth";
import t from "tap";
import type { Static } from "typebox";
import { lockAddress, updateAccount } from "../src/accounts/accounts-repository.ts";
import { Config } from "../src/config.ts";
import { makeEmailChange } from "../src/email/make-email-change.ts";
import { createMailLinks } from "../src/letters/mail-links.ts";
import { createDigests } from "../src/secrets/digests.ts";
import { banMarkOf } from "../src/standing/ban-marks.ts";
import * as schema from "../src/schema.ts";
import {
  type Answer,
  authSettings,
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
  refresh,
  signup,
  startAuth,
  startMail,
  verify,
  waitingForLocks,
} from "./auth-world.ts";
import { linkTo, open, press } from "./page-client.ts";

const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);
const auth = await startAuth(t, world, mail, { codeIntervalMs: 0 });
const hourMs = 3_600_000;

const change = (token: string, newEmail: string) =>
  call(auth, "POST", "/v1/auth/email/change", { token, body: { newEmail } });
const confirm = (token: string, code: string) =>
  call(auth, "POST", "/v1/auth/email/confirm", { token, body: { code } });
const addressOf = async (memberId: string) =>
  (await world.sql<{ email: string }>("SELECT email FROM auth.accounts WHERE member_id = $1", [memberId]))[0]
    ?.email;
const holderOf = async (email: string) =>
  (await world.sql<{ id: string }>("SELECT member_id AS id FROM auth.accounts WHERE email = $1", [email]))[0]
    ?.id ?? "";
const memberOf = async () => {
  const { email, session } = await newMember(auth, mail);
  return { email, token: session.accessToken, id: session.memberId, session };
};
/** For what another instance of the service would do at the same time. */
async function databaseOf() {
  const parts = createParts("auth", loadConfig(Config, environmentOf(Config, authSettings(world, mail))));
  const database = createDatabase(parts, schema);
  await parts.lifecycle.start();
  t.teardown(() => parts.lifecycle.stop());
  return database;
}
/** All that was posted has been carried. */
const quiet = () =>
  eventually(async () => {
    const [row] = await world.sql<{ n: number }>("SELECT count(*)::int AS n FROM auth.letters");
    assert.equal(row?.n, 0);
  }, patience);
const askCode = async (email: string) => {
  const { body } = await call<Challenge>(auth, "POST", "/v1/auth/code/request", { body: { email } });
  return body.challenge.id;
};
const answerCode = (id: string, code: string) =>
  call(auth, "POST", "/v1/auth/challenge", { body: { id, kind: "email_code", code } });
const reset = (email: string, count: number) =>
  linkTo(mail, email, count)
    .then((link) => open(auth, link))
    .then((page) => press(auth, page, { password: "chosen-once-more-3" }));
const sameAnswer = ({ status, body, headers }: Answer) => {
  const { date: _d, "x-request-id": _r, ...rest } = headers;
  return { status, body, rest };
};

await t.test(
  "a new address is proven by it, by code or by link, once; the old one is told, and can undo it",
  async (t) => {
    const ann = await memberOf();
    const [second, third] = [newAddress(), newAddress()];
    t.match(await change(ann.token, second.toUpperCase()), {
      status: 202,
      body: { status: "verification_sent" },
    });
    const code = await codeTo(mail, second);
    const link = await linkTo(mail, second);
    t.equal((await open(auth, link)).status, 200);
    t.equal(await addressOf(ann.id), ann.email, "nothing is changed before it is proven");
    const answers = await Promise.all([1, 2, 3].map(() => confirm(ann.token, code)));
    t.same(
      answers.map(({ status }) => status).sort(),
      [204, 422, 422],
      "confirmed three times at once, once it was",
    );
    t.equal((await open(auth, link)).status, 410, "the code has used up the link");
    t.match((await call<OwnAccount>(auth, "GET", "/v1/auth/me", { token: ann.token })).body, {
      email: second,
    });
    t.equal((await logIn(auth, ann.email)).status, 401);
    t.equal((await logIn(auth, second)).status, 200);
    const told = await mailText(mail, ann.email, 2);
    t.match(told, "another e-mail address");
    t.match(told, "48 hours");
    t.notMatch(told, second, "the old mailbox does not learn the new address");

    await change(ann.token, third);
    const page = await open(auth, await linkTo(mail, third));
    t.match(page.html, third);
    const pressed = await Promise.all([1, 2, 3].map(() => press(auth, page)));
    t.same(pressed.map(({ status }) => status).sort(), [200, 410, 410]);
    t.equal(
      (await confirm(ann.token, await codeTo(mail, third))).status,
      422,
      "the link has used up the code",
    );
    t.equal(await addressOf(ann.id), third);
  },
);

await t.test("what is on its way to the old address is good no more", async (t) => {
  const ann = await memberOf();
  await call(auth, "POST", "/v1/auth/password/forgot", { body: { email: ann.email } });
  const forgotten = await linkTo(mail, ann.email, 2);
  const challenge = await askCode(ann.email);
  const signInCode = await codeTo(mail, ann.email, 3);
  const second = newAddress();
  await change(ann.token, second);
  t.equal((await confirm(ann.token, await codeTo(mail, second))).status, 204);
  t.equal((await open(auth, forgotten)).status, 410);
  t.equal((await answerCode(challenge, signInCode)).status, 410);
});

await t.test(
  "the answer is the same for a free, a taken, and one's own address; a taken one's owner is told",
  async (t) => {
    const [ann, ben] = [await memberOf(), await memberOf()];
    const answers = [
      await change(ann.token, newAddress()),
      await change(ann.token, ben.email),
      await change(ann.token, ann.email),
    ];
    for (const answer of answers) t.same(sameAnswer(answer), sameAnswer(answers[0] as Answer));
    t.match(await mailText(mail, ben.email, 2), "wanted to use this address");
    await quiet();
    t.equal((await mailsTo(mail, ann.email)).length, 1, "one's own address gets nothing");
    t.equal((await confirm(ann.token, "000000")).status, 422);
    t.equal(await addressOf(ben.id), ben.email);
    const rows = await world.sql<{ hash: string | null }>(
      "SELECT code_hash AS hash FROM auth.email_changes WHERE new_email = $1",
      [ben.email],
    );
    t.same(
      rows.map(({ hash }) => hash),
      [null],
      "there is no code to be guessed",
    );
  },
);

await t.test(
  "an address that was taken while its code was on the way stays its owner's; an unproven one gives way",
  async (t) => {
    const ann = await memberOf();
    const wanted = newAddress();
    await change(ann.token, wanted);
    const code = await codeTo(mail, wanted);
    await signup(auth, wanted);
    const theirs = await verify(auth, wanted, await codeTo(mail, wanted, 2));
    t.equal(theirs.status, 200);
    t.equal((await confirm(ann.token, code)).status, 422);
    t.equal(await addressOf(ann.id), ann.email);
    t.equal(await addressOf(theirs.body.memberId), wanted);

    const unproven = newAddress();
    await signup(auth, unproven, "the strangers own words");
    const strangers = await codeTo(mail, unproven);
    await change(ann.token, unproven);
    t.equal((await confirm(ann.token, await codeTo(mail, unproven, 2))).status, 204);
    t.equal(await addressOf(ann.id), unproven);
    t.equal((await verify(auth, unproven, strangers)).status, 422, "who had signed up with it is gone");
  },
);

await t.test(
  "an address that is given away at the same moment is given once; nobody is told why",
  async (t) => {
    const [ann, ben, cat] = [await memberOf(), await memberOf(), await memberOf()];
    const [wanted, left, moved] = [newAddress(), newAddress(), newAddress()];
    await change(ann.token, wanted);
    const annsCode = await codeTo(mail, wanted);
    const [taken, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const database = await databaseOf();
    const other = database.transaction(async (tx) => {
      await lockAddress(tx, wanted);
      await updateAccount(tx, ben.id, { email: wanted });
      taken.resolve();
      await released.promise;
    });
    await taken.promise;
    const late = confirm(ann.token, annsCode);
    await waitingForLocks(world, 1);
    released.resolve();
    await other;
    t.equal((await late).status, 422, "somebody was quicker");
    t.equal(await addressOf(ann.id), ann.email);

    const proven = newAddress();
    await signup(auth, proven);
    await codeTo(mail, proven);
    const shell = await holderOf(proven);
    await change(ann.token, proven);
    const code = await codeTo(mail, proven, 2);
    const verifying = await holdAccount(
      world,
      shell,
      `UPDATE auth.accounts SET status = 'active' WHERE member_id = '${shell}'`,
    );
    const answer = confirm(ann.token, code);
    await waitingForLocks(world, 1);
    await verifying.commit();
    t.equal((await answer).status, 422, "its owner has proven it meanwhile");
    t.equal(await addressOf(shell), proven);

    await change(ann.token, left);
    const anns = await codeTo(mail, left);
    await change(cat.token, left);
    await confirm(cat.token, await codeTo(mail, left, 2));
    await change(cat.token, moved);
    await confirm(cat.token, await codeTo(mail, moved));
    t.equal(
      (await confirm(ann.token, anns)).status,
      422,
      "who has left it two minutes ago can still undo that",
    );
  },
);

await t.test(
  "A02 a change waits no longer than the session in which it was asked for goes on, however that ends",
  async (t) => {
    type Member = Awaited<ReturnType<typeof memberOf>>;
    const newPassword = "chosen-once-more-3";
    const ends: Record<string, (ann: Member, thief: Session) => Promise<unknown>> = {
      "a reset": async ({ email }) => {
        await call(auth, "POST", "/v1/auth/password/forgot", { body: { email } });
        await reset(email, 2);
      },
      "another password": ({ token }) =>
        call(auth, "POST", "/v1/auth/password/change", {
          token,
          body: { currentPassword: goodPassword, newPassword },
        }),
      "all devices signed out": ({ token }) => call(auth, "POST", "/v1/auth/logout-all", { token }),
      "the device signed out": ({ token }, { sessionId }) =>
        call(auth, "DELETE", `/v1/auth/sessions/${sessionId}`, { token }),
      "a stolen refresh token": async (_ann, thief) => {
        const { body } = await refresh(auth, thief.refreshToken);
        await refresh(auth, body.refreshToken);
        t.equal((await refresh(auth, thief.refreshToken)).status, 401);
      },
    };
    for (const [what, end] of Object.entries(ends)) {
      const ann = await memberOf();
      const thief = (await logIn(auth, ann.email)).body;
      const wanted = newAddress();
      await change(thief.accessToken, wanted);
      const code = await codeTo(mail, wanted);
      const page = await open(auth, await linkTo(mail, wanted));
      t.equal(page.status, 200);
      await end(ann, thief);
      const passwords = [goodPassword, newPassword].map((password) => logIn(auth, ann.email, password));
      const again = (await Promise.all(passwords)).find(({ status }) => status === 200) ?? assert.fail();
      t.equal((await confirm(again.body.accessToken, code)).status, 422, `after ${what} no code`);
      t.equal((await press(auth, page)).status, 410, `after ${what} no link`);
      t.equal(await addressOf(ann.id), ann.email);
    }
    const ben = await memberOf();
    const tablet = (await logIn(auth, ben.email)).body;
    const wanted = newAddress();
    await change(ben.token, wanted);
    const code = await codeTo(mail, wanted);
    await call(auth, "POST", "/v1/auth/logout", { token: tablet.accessToken });
    t.equal((await confirm(ben.token, code)).status, 204, "another device is none of its business");
  },
);

await t.test("of requests whose letters are carried in another order the latest counts", async (t) => {
  const ann = await memberOf();
  const [earlier, later] = [newAddress(), newAddress()];
  const deps = {
    ...{ database: await databaseOf(), clock: auth.clock, digests: createDigests(hashSecret) },
    ...{
      links: createMailLinks({ env: "test", publicUrl: "https://kismet.test" }),
      codeSeconds: 600,
      undoHours: 48,
    },
  };
  const [firstId = "", secondId = ""] = [randomUUIDv7(), randomUUIDv7()].sort();
  const make = (newEmail: string, id: string) =>
    makeEmailChange(
      deps,
      { kind: "email-change", memberId: ann.id, sessionId: ann.session.sessionId, newEmail },
      id,
    );
  t.ok(await make(later, secondId));
  t.equal(await make(earlier, firstId), undefined);
  t.ok(await make(later, secondId), "carried again it is written again");
  await call(auth, "POST", "/v1/auth/logout", { token: ann.token });
  t.equal(await make(newAddress(), randomUUIDv7()), undefined, "whoever asked has been signed out");
});

await t.test(
  "what is decided of a member at the same moment is waited for: no code, no change",
  async (t) => {
    const ann = await memberOf();
    const wanted = newAddress();
    const leaving = await holdAccount(
      world,
      ann.id,
      `UPDATE auth.accounts SET status = 'deleting' WHERE member_id = '${ann.id}'`,
    );
    await change(ann.token, wanted);
    await waitingForLocks(world, 1);
    await leaving.commit();
    await quiet();
    t.equal((await mailsTo(mail, wanted)).length, 0);
    const ben = await memberOf();
    const next = newAddress();
    await change(ben.token, next);
    const page = await open(auth, await linkTo(mail, next));
    await world.sql("UPDATE auth.accounts SET status = 'banned' WHERE member_id = $1", [ben.id]);
    t.equal(
      (await press(auth, page)).status,
      410,
      "who was banned meanwhile does not move to another mailbox",
    );
  },
);

await t.test(
  "A17 codes and links of a change: hashed, five tries, ten minutes, the latest only, five an hour",
  async (t) => {
    const ann = await memberOf();
    const [first, second] = [newAddress(), newAddress()];
    await change(ann.token, first);
    const [oldCode, oldLink] = [await codeTo(mail, first), await linkTo(mail, first)];
    await change(ann.token, second);
    const [code, link] = [await codeTo(mail, second), await linkTo(mail, second)];
    t.equal((await open(auth, oldLink)).status, 410, "the latest request counts");
    if (oldCode !== code) t.equal((await confirm(ann.token, oldCode)).status, 422);
    const [row] = await world.sql<{ row: string }>(
      "SELECT r::text AS row FROM auth.email_changes r WHERE new_email = $1",
      [second],
    );
    t.ok(
      row &&
        !row.row.includes(`,${code},`) &&
        !row.row.includes(new URLSearchParams(link.split("?")[1]).get("token") ?? ""),
    );
    auth.clock.move(601_000);
    t.equal((await open(auth, link)).status, 410, "too old");
    auth.clock.move(-601_000);
    const wrong = code === "000000" ? "000001" : "000000";
    const guesses = await Promise.all(Array.from({ length: 12 }, () => confirm(ann.token, wrong)));
    t.ok(guesses.every(({ status }) => status === 422));
    t.equal((await confirm(ann.token, code)).status, 422, "twelve at once are more than five");
    t.equal((await open(auth, link)).status, 410, "of the link too");

    const stranger = await memberOf();
    const flooded = newAddress();
    for (const [i, { token }] of [ann, ann, ann, stranger, stranger, stranger].entries()) {
      await change(token, flooded);
      if (i < 5) await codeTo(mail, flooded, i + 1);
    }
    await quiet();
    t.equal((await mailsTo(mail, flooded)).length, 5, "whoever asks");
    const writer = await memberOf();
    const flood = Array.from({ length: 6 }, newAddress);
    for (const address of flood) {
      await change(writer.token, address);
      await quiet();
    }
    const written = await Promise.all(flood.map((address) => mailsTo(mail, address)));
    t.same(
      written.map(({ length }) => length),
      [1, 1, 1, 1, 1, 0],
      "to whatever addresses",
    );
  },
);

await t.test(
  "undoing: the old address, nobody signed in, no password, no new factors; and it wins over what came after",
  async (t) => {
    const ann = await memberOf();
    const attacker = (await logIn(auth, ann.email)).body as Session;
    const [second, third, fourth] = [newAddress(), newAddress(), newAddress()];
    await change(attacker.accessToken, second);
    await confirm(attacker.accessToken, await codeTo(mail, second));
    const undo = await linkTo(mail, ann.email, 2);
    await change(attacker.accessToken, third);
    await confirm(attacker.accessToken, await codeTo(mail, third));
    const attackersUndo = await linkTo(mail, second, 2);
    await change(attacker.accessToken, fourth);
    const pending = await linkTo(mail, fourth);
    await world.sql(
      "INSERT INTO auth.totps (member_id, sealed_secret, created_at, confirmed_at) VALUES ($1, 'x', now(), now())",
      [ann.id],
    );
    await call(auth, "POST", "/v1/auth/password/forgot", { body: { email: third } });
    const attackersReset = await linkTo(mail, third, 2);
    // As if asked for just now, when another one would not be made yet.
    await world.sql("UPDATE auth.password_resets SET created_at = created_at + interval '1 hour'");
    const attackersCode = await askCode(third);
    const code = await codeTo(mail, third, 3);
    const whereabouts = async () => {
      const rows = await world.sql(
        "SELECT member_id FROM auth.devices WHERE member_id = $1 UNION ALL SELECT member_id FROM auth.places WHERE member_id = $1",
        [ann.id],
      );
      return rows.length;
    };
    t.ok((await whereabouts()) > 0);

    const page = await open(auth, undo);
    t.match(page, { status: 200, html: ann.email });
    t.equal(await addressOf(ann.id), third, "looking undoes nothing");
    const pressed = await Promise.all([1, 2, 3].map(() => press(auth, page)));
    t.same(pressed.map(({ status }) => status).sort(), [200, 410, 410]);
    t.equal(await addressOf(ann.id), ann.email, "over two changes");
    for (const token of [attacker.refreshToken, ann.session.refreshToken])
      t.equal((await refresh(auth, token)).status, 401, "everybody is signed out");
    t.equal((await logIn(auth, ann.email)).status, 401, "the password is void");
    t.equal(await whereabouts(), 0, "no device or place is known any more");
    t.equal((await answerCode(attackersCode, code)).status, 410, "a sign-in that was begun is over");
    for (const [what, link] of Object.entries({ attackersUndo, pending, attackersReset, undo }))
      t.equal((await open(auth, link)).status, 410, `${what} is good no more`);
    const [left] = await world.sql<{ n: number }>(
      "SELECT count(*)::int AS n FROM auth.totps WHERE member_id = $1",
      [ann.id],
    );
    t.equal(left?.n, 0, "a factor that was added a moment before is gone");
    const trail = await world.sql<{ action: string }>(
      `SELECT action FROM auth.audit_pending WHERE subject = $1 AND action LIKE 'auth.email.%'
     UNION ALL SELECT action FROM auth.audit_trail WHERE action LIKE 'auth.email.%'`,
      [ann.id],
    );
    for (const action of ["auth.email.ask", "auth.email.change", "auth.email.undo"])
      t.ok(
        trail.some((row) => row.action === action),
        `A22 ${action} is in the trail`,
      );
    t.match(await reset(ann.email, 3), { status: 200 }, "a way back came by mail");
    t.equal((await logIn(auth, ann.email, "chosen-once-more-3")).status, 200);
    t.equal((await mailsTo(mail, third)).length, 3, "and went nowhere else");
  },
);

await t.test(
  "undoing a later change leaves the earlier one to be undone; what was there before stays",
  async (t) => {
    const ann = await memberOf();
    await world.sql(
      "INSERT INTO auth.totps (member_id, sealed_secret, created_at, confirmed_at) VALUES ($1, 'x', now() - interval '3 days', now())",
      [ann.id],
    );
    const [second, third] = [newAddress(), newAddress()];
    await change(ann.token, second);
    await confirm(ann.token, await codeTo(mail, second));
    const first = await linkTo(mail, ann.email, 2);
    await change(ann.token, third);
    await confirm(ann.token, await codeTo(mail, third));
    t.equal((await press(auth, await open(auth, await linkTo(mail, second, 2)))).status, 200);
    t.equal(await addressOf(ann.id), second);
    t.equal((await press(auth, await open(auth, first))).status, 200);
    t.equal(await addressOf(ann.id), ann.email);
    const [left] = await world.sql<{ n: number }>(
      "SELECT count(*)::int AS n FROM auth.totps WHERE member_id = $1",
      [ann.id],
    );
    t.equal(left?.n, 1, "who has the old mailbox only does not get past an older second factor");
  },
);

await t.test(
  "A17 undoing takes the recovery codes that were made in the suspect time, and leaves those from before",
  async (t) => {
    const outcomes: Record<string, number> = {};
    for (const whose of ["the thief's", "the owner's"]) {
      const ann = await memberOf();
      const factors = (path: string, body?: object) =>
        call<Static<typeof TotpEnrolment> & Static<typeof RecoveryCodes>>(
          auth,
          "POST",
          `/v1/auth/factors/${path}`,
          {
            token: ann.token,
            ...(body ? { body } : {}),
          },
        );
      const { secret } = (await factors("totp")).body;
      const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({
        timestamp: auth.clock.now().getTime(),
      });
      let codes = (await factors("totp/confirm", { code })).body.recoveryCodes;
      for (const table of ["totps", "recovery_codes"])
        await world.sql(
          `UPDATE auth.${table} SET created_at = created_at - interval '3 days' WHERE member_id = $1`,
          [ann.id],
        );
      if (whose === "the thief's") codes = (await factors("recovery-codes")).body.recoveryCodes;
      t.equal(codes.length, 10);
      const second = newAddress();
      await change(ann.token, second);
      await confirm(ann.token, await codeTo(mail, second));
      await quiet();
      const count = (await mailsTo(mail, ann.email)).length;
      const undo = await linkTo(mail, ann.email, count);
      t.equal((await press(auth, await open(auth, undo))).status, 200);
      t.equal((await reset(ann.email, count + 1)).status, 200);
      const { challenge } = (await logIn(auth, ann.email, "chosen-once-more-3")).body as unknown as Challenge;
      const body = { id: challenge.id, kind: "recovery_code", code: codes[0] };
      outcomes[whose] = (await call(auth, "POST", "/v1/auth/challenge", { body })).status;
    }
    t.match(outcomes, { "the thief's": 410, "the owner's": 200 });
  },
);

await t.test("an undone change leads a banned member to no mailbox that is not marked", async (t) => {
  const ann = await memberOf();
  const second = newAddress();
  await change(ann.token, second);
  await confirm(ann.token, await codeTo(mail, second));
  await world.sql(
    `INSERT INTO auth.restrictions (id, member_id, kind, reason, made_at)
     VALUES (gen_random_uuid(), $1, 'banned', 'spam', now())`,
    [ann.id],
  );
  t.equal((await press(auth, await open(auth, await linkTo(mail, ann.email, 2)))).status, 200);
  const mark = banMarkOf(createDigests(hashSecret), ann.email.replace("@", "+more@"));
  t.equal((await world.sql("SELECT 1 FROM auth.ban_marks WHERE hash = $1", [mark])).length, 1);
});

await t.test("a banned mailbox is no way out: asked for it answers as ever, and nothing works", async (t) => {
  const ann = await memberOf();
  const box = `banned-${crypto.randomUUID().slice(0, 8)}`;
  const ban = () =>
    world.sql("INSERT INTO auth.ban_marks (hash, created_at) VALUES ($1, now()) ON CONFLICT DO NOTHING", [
      banMarkOf(createDigests(hashSecret), `${box}@mail.test`),
    ]);
  // Before it is banned there is a code for it, which is no good afterwards.
  await change(ann.token, `${box}+1@mail.test`);
  const code = await codeTo(mail, `${box}+1@mail.test`);
  const page = await open(auth, await linkTo(mail, `${box}+1@mail.test`));
  await ban();
  t.equal((await confirm(ann.token, code)).body.code, "AUTH_CODE_INVALID");
  t.equal((await press(auth, page)).status, 410);
  const [closed, free] = [
    await change(ann.token, `${box}+2@mail.test`),
    await change(ann.token, newAddress()),
  ];
  t.same([closed.status, closed.body], [free.status, free.body]);
  await change(ann.token, `${box}+3@mail.test`);
  await quiet();
  for (const n of [2, 3]) t.equal((await mailsTo(mail, `${box}+${n}@mail.test`)).length, 0);
  t.equal(await addressOf(ann.id), ann.email);
});

await t.test(
  "for 48 hours the old address is kept for its account; then it is free, and undoing too late",
  async (t) => {
    const [ann, ben] = [await memberOf(), await memberOf()];
    const second = newAddress();
    await change(ann.token, second);
    await confirm(ann.token, await codeTo(mail, second));
    const undo = await linkTo(mail, ann.email, 2);
    await signup(auth, ann.email, "the strangers own words");
    t.match(await mailText(mail, ann.email, 3), "has an account already");
    await change(ben.token, ann.email);
    await quiet();
    t.equal((await mailsTo(mail, ann.email)).length, 3);
    const [row] = await world.sql<{ n: number }>(
      "SELECT count(*)::int AS n FROM auth.accounts WHERE email = $1",
      [ann.email],
    );
    t.equal(row?.n, 0, "nobody else has it");
    auth.clock.move(48 * hourMs - 60_000);
    t.equal((await open(auth, undo)).status, 200);
    auth.clock.move(61_000);
    t.equal((await open(auth, undo)).status, 410);
    await signup(auth, ann.email);
    t.equal((await verify(auth, ann.email, await codeTo(mail, ann.email, 4))).status, 200);
    auth.clock.move(-48 * hourMs - 1_000);
  },
);

await t.test(
  "who may: a fresh session of a verified member; not one who is leaving, nor an account that is gone",
  async (t) => {
    const ann = await memberOf();
    t.equal((await change("nobody", newAddress())).status, 401);
    auth.clock.move(601_000);
    const stale = (await logIn(auth, ann.email)).body;
    auth.clock.move(601_000);
    const { body } = await refresh(auth, stale.refreshToken);
    t.equal((await change(body.accessToken, newAddress())).body.code, "AUTH_FRESH_SIGN_IN_NEEDED", "step-up");
    auth.clock.move(-1_202_000);

    const leaving = newAddress();
    await change(ann.token, leaving);
    const link = await linkTo(mail, leaving);
    const page = await open(auth, link);
    await call(auth, "DELETE", "/v1/auth/me", { token: ann.token });
    t.equal((await press(auth, page)).status, 410, "an account that is being deleted moves nowhere");
    await world.sql("DELETE FROM auth.accounts WHERE member_id = $1", [ann.id]);
    t.equal((await press(auth, page)).status, 410);
    const unverified = newAddress();
    await signup(auth, unverified);
    await codeTo(mail, unverified);
    t.equal((await logIn(auth, unverified)).status, 401, "who is not verified has no session to ask with");
  },
);
