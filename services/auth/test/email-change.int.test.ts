import assert from "node:assert/strict";
import { randomUUIDv7 } from "node:crypto";
import type { OwnAccount, Session } from "@kismet/contracts";
import { createDatabase } from "@kismet/database";
import { createParts, loadConfig } from "@kismet/service-kit";
import { environmentOf } from "@kismet/testing";
import t from "tap";
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
  refresh,
  signup,
  verify,
  waitingForLocks,
} from "./auth-world.ts";
import { createEmailChangeWorld } from "./email-change-world.ts";
import { linkTo, open, press } from "./page-client.ts";

const {
  world,
  mail,
  auth,
  change,
  confirm,
  addressOf,
  holderOf,
  memberOf,
  quiet,
  askCode,
  answerCode,
  reset,
} = await createEmailChangeWorld(t);
/** For what another instance of the service would do at the same time. */
async function databaseOf() {
  const parts = createParts("auth", loadConfig(Config, environmentOf(Config, authSettings(world, mail))));
  const database = createDatabase(parts, schema);
  await parts.lifecycle.start();
  t.teardown(() => parts.lifecycle.stop());
  return database;
}
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
