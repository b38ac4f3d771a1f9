import type { Challenge, RecoveryCodes, Session, TotpEnrolment } from "@kismet/contracts";
import { Secret, TOTP } from "otpauth";
import t from "tap";
import type { Static } from "typebox";
import { createDigests } from "../src/secrets/digests.ts";
import { banMarkOf } from "../src/standing/ban-marks.ts";
import {
  call,
  codeTo,
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
const hourMs = 3_600_000;

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

await t.test("whoever signs up with an address while its member is leaving it finds it kept", async (t) => {
  const ann = await memberOf();
  const third = newAddress();
  const held = await holdAccount(
    world,
    ann.id,
    `UPDATE auth.accounts SET email = '${third}' WHERE member_id = '${ann.id}';
     INSERT INTO auth.email_changes (id, member_id, old_email, new_email, tries_left, requested_at, confirmed_at, undo_hash)
     VALUES (gen_random_uuid(), '${ann.id}', '${ann.email}', '${third}', 5, now(), now(), 'undo ${ann.id}')`,
  );
  const before = (await mailsTo(mail, ann.email)).length;
  await signup(auth, ann.email, "the strangers own words");
  await waitingForLocks(world, 1);
  await held.commit();
  t.match(await mailText(mail, ann.email, before + 1), "has an account already", "its member is told, once");
  t.equal(await holderOf(ann.email), "", "and nobody waits to have it");
});
