import { createWorld } from "@kismet/testing";
import t, { type Test } from "tap";
import { request } from "undici";
import { askForArchive, playOthers } from "./archive-world.ts";
import {
  call,
  goodPassword,
  holdAccount,
  logIn,
  newMember,
  startAuth,
  startMail,
  StoppedClock,
  waitingForLocks,
} from "./auth-world.ts";
import { linkTo, open, press, type Pressed, send, tokenOf } from "./page-client.ts";

t.setTimeout(120_000);

const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);
await playOthers(world);
// A wait of a second must not be over because the machine is busy.
const auth = await startAuth(t, world, mail, { clock: new StoppedClock() });
const path = "/auth/archive";
const right = { password: goodPassword };
const wrong = { password: "not this password" };
const hourMs = 3_600_000;

/** A member whose archive is ready, and the link to it. */
async function newArchive() {
  const { email, session } = await newMember(auth, mail);
  const id = await askForArchive(auth, session.accessToken);
  return { email, session, id, link: await linkTo(mail, email, 2) };
}

async function byApi({ id, session }: Pick<Awaited<ReturnType<typeof newArchive>>, "id" | "session">) {
  const answer = await request(`${auth.url}/v1/auth/me/exports/${id}/archive`, {
    headers: { authorization: `Bearer ${session.accessToken}` },
  });
  return { status: answer.statusCode, bytes: Buffer.from(await answer.body.arrayBuffer()) };
}

const set = (memberId: string, change: string) =>
  world.sql(`UPDATE auth.accounts SET ${change} WHERE member_id = $1`, [memberId]);

/** Of what the page could change. */
async function kept(): Promise<unknown> {
  const tables = ["accounts", "sessions", "exports", "guesses", "devices"];
  const rows = tables.map((table) => `SELECT to_jsonb(r)::text AS row FROM auth.${table} r`);
  return [await world.sql(`${rows.join(" UNION ALL ")} ORDER BY 1`), await fetches()];
}

/** What the trail says of an archive, or of all; `mine` if its member did it. */
function fetches(id = ""): Promise<unknown> {
  const columns = "outcome, actor_kind, actor = subject AS mine, subject IS NOT NULL AS of_member";
  const from = (table: string) =>
    `SELECT ${columns} FROM auth.${table} WHERE action = 'auth.export.fetch' AND details LIKE $1`;
  return world.sql(`${from("audit_pending")} UNION ALL ${from("audit_trail")} ORDER BY outcome`, [`%${id}%`]);
}

function checkZip(t: Test, { status, headers, bytes }: Pressed, expected: Buffer): void {
  t.equal(status, 200);
  t.match(headers, {
    "content-type": "application/zip",
    "content-length": String(expected.length),
    "content-disposition": /^attachment; filename="kismet-\d{4}-\d\d-\d\d\.zip"$/,
    "cache-control": "no-store",
  });
  t.ok(bytes.equals(expected), "the very bytes that the app gets");
}

async function checkGone(t: Test, link: string, what: string): Promise<void> {
  t.equal((await open(auth, link)).status, 410, what);
  const pressed = await send(auth, `${path}?lang=en`, { token: tokenOf(link), ...right });
  t.match(pressed, { status: 410, html: "no longer good" }, `${what}, with the right password`);
}

await t.test(
  "A22 the link of the mail shows a form, and the account's password gives the very archive, and is recorded",
  async (t) => {
    const archive = await newArchive();
    const { link, id, email } = archive;
    t.match(link, /^\/auth\/archive\?token=[\w.-]+&lang=en$/);
    const before = await kept();
    const [page, again] = [await open(auth, link), await open(auth, link)];
    t.same(await kept(), before, "opened twice, nothing has happened: scanners do that");
    t.match(page, { status: 200, html: email });
    t.equal(page.html, again.html);
    t.match(await press(auth, page, wrong), { status: 422, html: "not the password of your account" });
    t.equal((await press(auth, page)).status, 422, "nor is none");
    const { bytes } = await byApi(archive);
    checkZip(t, await press(auth, page, right), bytes);
    checkZip(t, await press(auth, page, right), bytes);
    const member = { outcome: "ok", actor_kind: "member", mine: true, of_member: true };
    const stranger = { outcome: "refused", actor_kind: "stranger", mine: null, of_member: true };
    t.same(await fetches(id), [member, member, member, stranger, stranger]);
  },
);

await t.test(
  "A17 whoever has the link guesses no more often than at a sign-in, and locks the member out of nothing",
  async (t) => {
    const archive = await newArchive();
    const { link, email, session } = archive;
    const page = await open(auth, link);
    const guesses = [];
    for (let i = 0; i < 9; i += 1) guesses.push((await press(auth, page, wrong)).status);
    t.same([...new Set(guesses)], [422, 429], guesses.join(", "));
    t.ok(guesses.indexOf(429) <= 6);
    const refused = await press(auth, page, right);
    t.match(refused, { status: 429, html: "Too many tries" }, "the right one waits too");
    t.ok(Number(refused.headers["retry-after"]) >= 1);
    t.equal((await logIn(auth, email)).status, 429, "they were guesses at the sign-in of a stranger");
    t.equal((await open(auth, link)).status, 200);
    t.equal((await byApi(archive)).status, 200, "the app fetches it");
    const device = { token: session.deviceToken };
    const body = { email, password: goodPassword, device };
    t.equal((await call(auth, "POST", "/v1/auth/login", { body })).status, 200, "its device signs in");
    auth.clock.move(hourMs / 4);
    t.equal((await press(auth, page, right)).status, 200, "and later the page is open again");
  },
);

await t.test(
  "mailbox and password are no way around an authenticator, and no dead end without a password",
  async (t) => {
    const { link, session } = await newArchive();
    const { memberId } = session;
    const form = await open(auth, link);
    const tellsToUseTheApp = async (what: string) => {
      const before = await kept();
      const page = await open(auth, link);
      t.match(page, { status: 200, html: "fetch it there" }, what);
      t.notMatch(page.html, /<form|<input|<button/, `${what}: there is nothing to press`);
      for (const typed of [right, wrong, {}]) {
        const pressed = await press(auth, form, typed);
        t.equal(pressed.status, 422, `${what}: a form that was open before gives nothing`);
        t.equal(pressed.html, page.html, `${what}: nor does it tell whether the password is right`);
      }
      t.same(await kept(), before, `${what}: none of them was looked at`);
    };
    await world.sql(
      "INSERT INTO auth.totps (member_id, sealed_secret, created_at, confirmed_at) VALUES ($1, 'x', now(), now())",
      [memberId],
    );
    await tellsToUseTheApp("with an authenticator");
    await world.sql("DELETE FROM auth.totps WHERE member_id = $1", [memberId]);
    t.equal((await press(auth, form, right)).status, 200);
    await set(memberId, "password_hash = NULL");
    await tellsToUseTheApp("without a password");
  },
);

await t.test("a password that is changed while it is looked at opens nothing", async (t) => {
  const { link, session } = await newArchive();
  const page = await open(auth, link);
  const other = "UPDATE auth.accounts SET password_hash = 'another' WHERE member_id";
  const held = await holdAccount(world, session.memberId, `${other} = '${session.memberId}'`);
  const pressed = press(auth, page, right);
  await waitingForLocks(world, 1);
  await held.commit();
  t.equal((await pressed).status, 422);
});

await t.test(
  "A14 A17 a link opens its own archive, for the address that it was sent to, as long as that is there",
  async (t) => {
    const archive = await newArchive();
    const other = await newArchive();
    const { link, id, email, session } = archive;
    const { memberId, accessToken } = session;
    const token = tokenOf(link);
    const [, proof = ""] = token.split(".");
    await askForArchive(auth, accessToken);
    const second = tokenOf(await linkTo(mail, email, 3)).split(".");
    const altered = `${proof.slice(0, -2)}${proof.endsWith("AA") ? "BB" : "AA"}`;
    for (const [what, forged] of [
      ["altered", `${id}.${altered}`],
      ["cut short", `${id}.${proof.slice(1)}`],
      ["only an id", id],
      ["another member's archive", `${other.id}.${proof}`],
      ["another archive of the same member", `${id}.${second[1]}`],
      ["no archive", `${crypto.randomUUID()}.${proof}`],
    ] as const)
      await checkGone(t, `${path}?token=${forged}&lang=en`, what);
    await set(memberId, "email = 'moved-' || email");
    await checkGone(t, link, "the account has another address: this mailbox may be a stranger's");
    await set(memberId, "email = substr(email, 7)");
    for (const status of ["suspended", "banned", "deleting", "hidden", "age_unproven"]) {
      await set(memberId, `status = '${status}'`);
      t.equal((await press(auth, await open(auth, link), right)).status, 200, status);
    }
    await set(memberId, "status = 'active'");
    auth.clock.move(48 * hourMs);
    await checkGone(t, link, "an expired archive");
    auth.clock.move(-48 * hourMs);
    await world.sql("DELETE FROM auth.accounts WHERE member_id = $1", [other.session.memberId]);
    await checkGone(t, other.link, "an erased account");
  },
);
