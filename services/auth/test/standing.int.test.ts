import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  AccountChanged,
  type AppealItem,
  type AuditItem,
  type OwnAccount,
  type Restriction,
  type RouteTableEntry,
} from "@kismet/contracts";
import { createWorld, eventually, forAWhile, routesWithIds } from "@kismet/testing";
import t from "tap";
import { createDigests } from "../src/secrets/digests.ts";
import { banMarkOf } from "../src/standing/ban-marks.ts";
import {
  call,
  codeTo,
  goodPassword,
  hashSecret,
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
  strongToken,
  verify,
} from "./auth-world.ts";
import { asksForFreshness, asksForNone } from "./step-up-table.ts";
import { linkTo, open, press } from "./page-client.ts";

t.setTimeout(120_000);

const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);
const auth = await startAuth(t, world, mail, { codeIntervalMs: 0 });
const told: { memberId: string; status: string }[] = [];
await world.standIn("profile", {
  watch: (bus) => bus.watch(AccountChanged, { sinceMs: 60_000 }, ({ payload }) => void told.push(payload)),
});

const me = (token: string) => call<OwnAccount>(auth, "GET", "/v1/auth/me", { token });
const restriction = (token: string) => call<Restriction>(auth, "GET", "/v1/auth/me/restriction", { token });
const setStatus = (token: string, id: string, body: object) =>
  call(auth, "POST", `/v1/admin/members/${id}/status`, { token, body });
const toldOf = (id: string) => told.filter(({ memberId }) => memberId === id).map(({ status }) => status);
const ahead = (ms: number) => new Date(auth.clock.now().getTime() + ms).toISOString();

async function newStaff(role: string) {
  const { email, session } = await newMember(auth, mail);
  await world.sql("UPDATE auth.accounts SET roles = $2 WHERE member_id = $1", [session.memberId, [role]]);
  return { memberId: session.memberId, email, token: await strongToken(auth, world, email) };
}
const [moderator, second, third, support, admin] = await Promise.all(
  ["moderator", "moderator", "admin", "support", "admin"].map(newStaff),
);
assert(moderator && second && third && support && admin);

await t.test(
  "A02 A22 suspended at once, with a reason the member reads in their language, until it ends by itself",
  async (t) => {
    const { email, session } = await newMember(auth, mail);
    const { memberId, accessToken: token, refreshToken } = session;
    await world.sql("UPDATE auth.accounts SET locale = 'de-AT' WHERE member_id = $1", [memberId]);
    t.equal((await restriction(token)).status, 404);
    for (const until of [ahead(-1_000), ahead(400 * 86_400_000)])
      t.match(await setStatus(moderator.token, memberId, { action: "suspend", reason: "spam", until }), {
        status: 422,
        body: { code: "AUTH_UNTIL_REFUSED" },
      });
    const suspension = {
      action: "suspend",
      reason: "spam",
      statement: "The same text, 40 times.",
      until: ahead(3_600_000),
    };
    t.equal((await setStatus(moderator.token, memberId, suspension)).status, 200);
    await eventually(() => assert.deepEqual(toldOf(memberId).at(-1), "suspended"), { timeoutMs: 1_000 });
    t.match(await restriction(token), {
      status: 200,
      body: {
        kind: "suspended",
        reason: "spam",
        explanation: "Du hast geworben oder vielen Mitgliedern dasselbe geschrieben.",
        statement: "The same text, 40 times.",
        mayAppeal: true,
        appeal: null,
      },
    });
    t.match(await mailText(mail, email, 2), "eingeschränkt");
    const again = await refresh(auth, refreshToken);
    t.match(
      (await me(again.body.accessToken)).body,
      { status: "suspended" },
      "signed in, but only to read and object",
    );
    const passkeys = await call(auth, "POST", "/v1/auth/factors/totp", { token: again.body.accessToken });
    t.not(passkeys.status, 200, "what others see, or a factor, is closed");
    auth.clock.move(3_601_000);
    await eventually(() => assert.deepEqual(toldOf(memberId).at(-1), "active"), patience);
    auth.clock.move(-3_601_000);
    t.equal((await restriction(token)).status, 404);
    const [row] = await world.sql<{ ending: string }>(
      "SELECT ending FROM auth.restrictions WHERE member_id = $1",
      [memberId],
    );
    t.equal(row?.ending, "expired");
  },
);

await t.test(
  "an appeal: one against each restriction, heard once, by somebody else than who decided",
  async (t) => {
    const { email, session } = await newMember(auth, mail);
    const { memberId, accessToken: token } = session;
    const appeal = () =>
      call(auth, "POST", "/v1/auth/me/appeals", {
        token,
        body: { text: "It was not me, somebody took my photos." },
      });
    t.match(await appeal(), { status: 409, body: { code: "AUTH_NOT_RESTRICTED" } });
    await setStatus(moderator.token, memberId, { action: "ban", reason: "fake_profile" });
    const made = await Promise.all(Array.from({ length: 5 }, appeal));
    t.same(made.map(({ status }) => status).sort(), [201, 409, 409, 409, 409], "five at once are one");
    t.equal(made.find(({ status }) => status === 409)?.body.code, "AUTH_APPEAL_MADE");
    const queue = async (as: string) =>
      (await call<{ items: AppealItem[] }>(auth, "GET", "/v1/admin/appeals", { token: as })).body.items;
    const item = (await queue(moderator.token)).find((each) => each.memberId === memberId) ?? assert.fail();
    t.match(item, { ownDecision: true, text: "It was not me, somebody took my photos." });
    const decide = (as: string, outcome: string) =>
      call(auth, "POST", `/v1/admin/appeals/${item.id}/decision`, {
        token: as,
        body: { outcome, reason: "The photos are theirs." },
      });
    t.match(await decide(moderator.token, "upheld"), { status: 409, body: { code: "AUTH_OWN_DECISION" } });
    const decided = await Promise.all([
      decide(second.token, "overturned"),
      decide(third.token, "upheld"),
      decide(second.token, "overturned"),
      decide(third.token, "upheld"),
    ]);
    t.same(
      decided.map(({ status }) => status).sort(),
      [204, 409, 409, 409],
      "of several at once one decides",
    );
    t.ok(
      decided.filter(({ status }) => status === 409).every(({ body }) => body.code === "AUTH_APPEAL_DECIDED"),
    );
    const isOverturned = decided[0]?.status === 204 || decided[2]?.status === 204;
    t.equal((await me(token)).body.status, isOverturned ? "active" : "banned");
    await eventually(async () => assert.equal((await mailsTo(mail, email)).length, 3), patience);
    t.match(await mailText(mail, email, 3), "The photos are theirs.");
    t.notOk((await queue(moderator.token)).some(({ id }) => id === item.id));
  },
);

await t.test(
  "an appeal outlasts another restriction: it is heard by nobody who made one of them, and its member may put it anew",
  async (t) => {
    const { session } = await newMember(auth, mail);
    const { memberId, accessToken: token } = session;
    const appeal = (text: string) =>
      call<Restriction>(auth, "POST", "/v1/auth/me/appeals", { token, body: { text } });
    const spam = { action: "suspend", reason: "spam", until: ahead(3_600_000) };
    t.equal((await setStatus(moderator.token, memberId, spam)).status, 200);
    t.equal((await appeal("I wrote to my sister.")).status, 201);
    t.equal((await setStatus(second.token, memberId, { action: "ban", reason: "scam" })).status, 200);
    const waiting = async (as: string) =>
      (
        await call<{ items: AppealItem[] }>(auth, "GET", "/v1/admin/appeals", { token: as })
      ).body.items.filter((each) => each.memberId === memberId);
    const [item = assert.fail()] = await waiting(third.token);
    t.match(item, { text: "I wrote to my sister.", ownDecision: false, restriction: { reason: "scam" } });
    for (const who of [moderator, second]) {
      t.match(await waiting(who.token), [{ id: item.id, ownDecision: true }]);
      const body = { outcome: "upheld", reason: "It was right." };
      t.match(await call(auth, "POST", `/v1/admin/appeals/${item.id}/decision`, { token: who.token, body }), {
        status: 409,
        body: { code: "AUTH_OWN_DECISION" },
      });
    }
    t.match((await restriction(token)).body, { reason: "scam", mayAppeal: true, appeal: { decision: null } });
    const anew = await Promise.all(["Nor did I sell", "Nor did I buy"].map(appeal));
    t.same(anew.map(({ status }) => status).sort(), [201, 409], "of what is new too, once");
    t.match(await waiting(third.token), [{ id: item.id, text: /^Nor did I/ }], "it is one appeal");
    t.match((await restriction(token)).body, { mayAppeal: false });
    const decision = { outcome: "overturned", reason: "It was neither." };
    t.equal(
      (
        await call(auth, "POST", `/v1/admin/appeals/${item.id}/decision`, {
          token: third.token,
          body: decision,
        })
      ).status,
      204,
    );
    t.equal((await me(token)).body.status, "active");

    await setStatus(moderator.token, memberId, spam);
    await appeal("Not again.");
    const [next = assert.fail()] = await waiting(second.token);
    t.equal(next.ownDecision, false, "whoever decided before that is over may hear another one");
    await setStatus(admin.token, memberId, { action: "lift", comment: "x" });
    t.same(await waiting(second.token), []);
  },
);

await t.test(
  "a ban outlasts a deletion taken back, and the account: the same mailbox is not told",
  async (t) => {
    const box = `banned.person-${randomUUID().slice(0, 8)}`;
    const email = `${box}@mail.test`;
    await signup(auth, email);
    const { body: session } = await verify(auth, email, await codeTo(mail, email));
    const { memberId } = session;
    const prepared = `${box}+before@mail.test`;
    await signup(auth, prepared);
    const [early, link] = [await codeTo(mail, prepared), await linkTo(mail, prepared)];
    const page = await open(auth, link);
    await setStatus(moderator.token, memberId, { action: "ban", reason: "scam" });
    t.equal((await verify(auth, prepared, early)).status, 422, "nor by what was begun before");
    t.equal((await press(auth, page, { password: goodPassword })).status, 410);
    await call(auth, "POST", "/v1/auth/verify-email/resend", { body: { email: prepared } });
    await eventually(
      async () => assert.deepEqual(await world.sql("SELECT 1 FROM auth.letters"), []),
      patience,
    );
    t.equal((await mailsTo(mail, prepared)).length, 1, "and there is no other code");
    const token = (await logIn(auth, email)).body.accessToken;
    t.match((await me(token)).body, { status: "banned" });
    t.equal((await call(auth, "DELETE", "/v1/auth/me", { token })).status, 202);
    t.match((await me(token)).body, { status: "deleting" });
    t.match((await call(auth, "POST", "/v1/auth/me/restore", { token })).body, { status: "banned" });
    await world.sql("DELETE FROM auth.accounts WHERE member_id = $1", [memberId]);
    const other = `${box}+again@mail.test`;
    const [known, unknown] = [await signup(auth, other), await signup(auth, newAddress())];
    t.same([known.status, known.body], [unknown.status, unknown.body]);
    await forAWhile(async () => assert.equal((await mailsTo(mail, other)).length, 0), 1_500);
    const dump = await world.sql<{ row: string }>("SELECT b::text AS row FROM auth.ban_marks b");
    t.notMatch(JSON.stringify(dump), box);
    t.equal((await call(auth, "GET", `/v1/admin/members/${memberId}`, { token: support.token })).status, 404);
  },
);

await t.test(
  "lifting takes the mark of a ban away; a new restriction takes the place of the one before",
  async (t) => {
    const { session } = await newMember(auth, mail);
    const { memberId } = session;
    t.match(await setStatus(moderator.token, memberId, { action: "lift", comment: "x" }), {
      body: { code: "AUTH_NOT_RESTRICTED" },
    });
    const count = async () => (await world.sql("SELECT 1 FROM auth.ban_marks")).length;
    const before = await count();
    const actions = ["spam", "scam", "harassment", "other"].map((reason) =>
      setStatus(moderator.token, memberId, { action: "ban", reason }),
    );
    t.ok(
      (await Promise.all(actions)).every(({ status }) => status === 200),
      "four at once, one after the other",
    );
    t.equal(await count(), before + 1);
    const open = await world.sql(
      "SELECT 1 FROM auth.restrictions WHERE member_id = $1 AND ended_at IS NULL",
      [memberId],
    );
    t.equal(open.length, 1);
    await setStatus(admin.token, memberId, { action: "lift", comment: "a mistake" });
    t.equal(await count(), before);
    t.equal((await me(session.accessToken)).body.status, "active");
  },
);

await t.test(
  "a mailbox stays marked until the last ban of it has ended, whichever way and in whatever order",
  async (t) => {
    const box = `shared-${randomUUID().slice(0, 8)}`;
    const mark = banMarkOf(createDigests(hashSecret), `${box}@mail.test`);
    const isMarked = async () =>
      (await world.sql("SELECT 1 FROM auth.ban_marks WHERE hash = $1", [mark])).length > 0;
    const [ann = "", ben = "", cat = ""] = await Promise.all(
      ["1", "2", "3"].map(async (tag) => {
        const email = `${box}+${tag}@mail.test`;
        await signup(auth, email);
        return (await verify(auth, email, await codeTo(mail, email))).body.memberId;
      }),
    );
    const ban = { action: "ban", reason: "scam" };
    for (const id of [ann, ben, cat]) t.equal((await setStatus(moderator.token, id, ban)).status, 200);
    const lift = (id: string) => setStatus(admin.token, id, { action: "lift", comment: "a mistake" });
    await world.sql("DELETE FROM auth.accounts WHERE member_id = $1", [ann]);
    await setStatus(moderator.token, ben, { action: "suspend", reason: "spam", until: ahead(60_000) });
    t.ok(await isMarked(), "one is suspended instead");
    t.equal((await lift(cat)).status, 200);
    t.ok(await isMarked(), "who was erased stays banned");
    for (const id of [ben, cat]) await setStatus(moderator.token, id, ban);
    await world.sql("UPDATE auth.ban_marks SET bans = bans[2:] WHERE hash = $1", [mark]);
    const lifted = await Promise.all([lift(ben), lift(cat)]);
    t.same(
      lifted.map(({ status }) => status),
      [200, 200],
    );
    t.notOk(await isMarked(), "of two that are lifted at once each takes its own, and the last one the mark");
  },
);

await t.test(
  "a member hides and shows themselves; who is hidden and then suspended comes back hidden",
  async (t) => {
    const { session } = await newMember(auth, mail);
    const { memberId, accessToken: token } = session;
    const turn = (verb: string) => call(auth, "POST", `/v1/auth/me/${verb}`, { token });
    t.equal((await turn("hide")).status, 204);
    t.equal((await turn("hide")).status, 204);
    await setStatus(moderator.token, memberId, { action: "suspend", reason: "spam", until: ahead(60_000) });
    await setStatus(moderator.token, memberId, { action: "lift", comment: "x" });
    t.equal((await me(token)).body.status, "hidden");
    t.equal((await turn("show")).status, 204);
    await eventually(
      () => assert.deepEqual(toldOf(memberId), ["active", "hidden", "suspended", "hidden", "active"]),
      patience,
    );
  },
);

await t.test("nobody judges themselves, and staff is judged by administrators", async (t) => {
  const spam = { action: "ban", reason: "spam" };
  t.equal((await setStatus(moderator.token, moderator.memberId, spam)).status, 403);
  t.equal((await setStatus(moderator.token, support.memberId, spam)).status, 403);
  t.equal((await setStatus(admin.token, admin.memberId, spam)).status, 403);
  const own = { token: admin.token, body: { roles: [] } };
  t.equal((await call(auth, "PUT", `/v1/admin/members/${admin.memberId}/roles`, own)).status, 403);
});

await t.test("a role counts within a second, and only in a session with both factors", async (t) => {
  const { email, session } = await newMember(auth, mail);
  const { memberId } = session;
  const roles = (list: string[]) =>
    call(auth, "PUT", `/v1/admin/members/${memberId}/roles`, { token: admin.token, body: { roles: list } });
  const read = (token: string) => call(auth, "GET", `/v1/admin/members/${memberId}`, { token });
  t.equal((await roles(["support"])).status, 200);
  const weak = (await logIn(auth, email)).body.accessToken;
  t.equal((await read(weak)).status, 403, "a password alone opens nothing");
  const strong = await strongToken(auth, world, email);
  t.equal((await read(strong)).status, 200);
  t.equal((await roles([])).status, 200);
  await eventually(async () => assert.equal((await read(strong)).status, 401), { timeoutMs: 1_000 });
});

await t.test("A02 a role is given to who is active, and taken from whoever has it", async (t) => {
  const statusOf = (id: string, status: string) =>
    world.sql("UPDATE auth.accounts SET status = $2 WHERE member_id = $1", [id, status]);
  const { memberId, token } = await newStaff("moderator");
  const roles = (list: string[]) =>
    call(auth, "PUT", `/v1/admin/members/${memberId}/roles`, { token: admin.token, body: { roles: list } });
  await world.sql("UPDATE auth.accounts SET roles = '{moderator,support}' WHERE member_id = $1", [memberId]);
  t.equal((await call(auth, "POST", "/v1/auth/me/hide", { token })).status, 204);
  t.match(await roles(["support"]), { status: 200, body: { roles: ["support"], status: "hidden" } });
  t.equal((await roles(["support", "admin"])).status, 404, "more is given to nobody who hides");
  t.equal((await roles(["moderator"])).status, 404, "nor something else");
  for (const status of ["suspended", "banned", "age_unproven", "deleting"]) {
    await world.sql("UPDATE auth.accounts SET roles = '{moderator}' WHERE member_id = $1", [memberId]);
    await statusOf(memberId, status);
    t.match(await roles([]), { status: 200, body: { roles: [], status } });
  }
  await statusOf(memberId, "active");
  t.equal((await roles(["moderator"])).status, 200);
});

const table = JSON.parse(
  readFileSync(new URL("../../gateway/src/generated/routes.json", import.meta.url), "utf8"),
) as RouteTableEntry[];
const staffRoutes = table.filter(({ service, policy }) => service === "auth" && policy.auth === "staff");

/** What each may, written down again: a route whose policy changes must change it here too. */
const matrix: Record<string, string[]> = {
  "GET /v1/admin/members/:id": ["admin", "moderator", "support"],
  "POST /v1/admin/members/:id/status": ["admin", "moderator"],
  "PUT /v1/admin/members/:id/roles": ["admin"],
  "POST /v1/admin/members/:id/age": ["admin", "support"],
  "GET /v1/admin/members/:id/sessions": ["admin", "support"],
  "DELETE /v1/admin/members/:id/sessions": ["admin", "support"],
  "DELETE /v1/admin/members/:id/sessions/:sessionId": ["admin", "support"],
  "GET /v1/admin/appeals": ["admin", "moderator"],
  "POST /v1/admin/appeals/:id/decision": ["admin", "moderator"],
  "GET /v1/admin/members/:id/audit": ["admin"],
  "GET /v1/admin/audit": ["admin"],
};

await t.test(
  "A14 role by route: each staff route opens to the roles that it names, and to no other",
  async (t) => {
    const names = staffRoutes
      .map(({ method, path }) => `${method} ${path}`)
      .filter((name) => !name.includes("/admin/clients"));
    t.same(names.sort(), Object.keys(matrix).sort(), "all of them are in the table");
    t.ok(routesWithIds("auth").length >= names.length - 3);
    const { session: nobody } = await newMember(auth, mail);
    const callers = {
      moderator: moderator.token,
      support: support.token,
      admin: admin.token,
      nobody: nobody.accessToken,
    };
    for (const [route, allowed] of Object.entries(matrix))
      for (const [role, token] of Object.entries(callers)) {
        const [method = "", path = ""] = route.split(" ");
        const bodies: Record<string, object> = {
          status: { action: "ban", reason: "spam" },
          roles: { roles: [] },
          age: { action: "reset" },
          decision: { outcome: "upheld", reason: "x" },
        };
        const body = bodies[path.split("/").at(-1) ?? ""];
        const filled = path.replaceAll(/:\w+/g, () => randomUUID());
        const { status } = await call(auth, method as "GET", filled, { token, ...(body ? { body } : {}) });
        const isOpen = status === 200 || status === 204 || status === 404;
        t.equal(isOpen ? "open" : status, allowed.includes(role) ? "open" : 403, `${role} at ${route}`);
      }
  },
);

await t.test(
  "A22 every look of staff at a member is in the trail, by whom, although nobody wrote it there",
  async (t) => {
    const { session } = await newMember(auth, mail);
    const id = session.memberId;
    for (const path of [`/v1/admin/members/${id}`, `/v1/admin/members/${id}/sessions`])
      t.equal((await call(auth, "GET", path, { token: support.token })).status, 200);
    t.equal(
      (await call(auth, "DELETE", `/v1/admin/members/${id}/sessions`, { token: support.token })).status,
      204,
    );
    await eventually(async () => {
      const { body } = await call<{ items: AuditItem[] }>(auth, "GET", `/v1/admin/members/${id}/audit`, {
        token: admin.token,
      });
      const uses = body.items.filter(
        ({ action, actor }) => action === "auth.staff.use" && actor === support.memberId,
      );
      assert.deepEqual(
        uses.map(({ details }) => (JSON.parse(details) as { route: string }).route),
        ["/v1/admin/members/:id/sessions", "/v1/admin/members/:id/sessions", "/v1/admin/members/:id"],
      );
      assert(body.items.every(({ subject }) => subject === id));
    }, patience);
  },
);

await t.test(
  "A22 whose appeals a list shows is in the trail of each of them, and of nobody else",
  async (t) => {
    const reader = await newStaff("moderator");
    const appellant = async () => {
      const { memberId, accessToken } = (await newMember(auth, mail)).session;
      await setStatus(moderator.token, memberId, { action: "ban", reason: "spam" });
      const body = { text: "I have sent nothing of the kind." };
      t.equal((await call(auth, "POST", "/v1/auth/me/appeals", { token: accessToken, body })).status, 201);
      return memberId;
    };
    const shown = [await appellant(), await appellant()];
    const { session: other } = await newMember(auth, mail);
    const read = async (query: string) =>
      (await call<{ items: AppealItem[] }>(auth, "GET", `/v1/admin/appeals${query}`, { token: reader.token }))
        .body;
    const usesOf = async (id: string) => {
      // Each look is a row too.
      const path = `/v1/admin/members/${id}/audit?limit=100`;
      const { body } = await call<{ items: AuditItem[] }>(auth, "GET", path, { token: admin.token });
      return body.items.filter(
        ({ action, actor }) => action === "auth.staff.use" && actor === reader.memberId,
      );
    };
    const first = (await read("?limit=1")).items[0] ?? assert.fail();
    const { items } = await read("?limit=100");
    t.ok(shown.every((id) => items.some(({ memberId }) => memberId === id)));
    for (const id of shown) {
      const times = first.memberId === id ? 2 : 1;
      await eventually(
        async () => {
          const uses = await usesOf(id);
          assert.deepEqual(
            uses.map(({ subject, details }) => [subject, (JSON.parse(details) as { route: string }).route]),
            Array.from({ length: times }, () => [id, "/v1/admin/appeals"]),
          );
        },
        { ...patience, everyMs: 250 },
      );
    }
    t.same(await usesOf(other.memberId), []);
  },
);

await t.test(
  "A22 who is refused for want of a role is in the trail: another role, none, one factor; and a flood can't fill it",
  async (t) => {
    const { email, session } = await newMember(auth, mail);
    const { memberId } = session;
    const staff = await newStaff("admin");
    const weak = (await logIn(auth, staff.email)).body.accessToken;
    const path = `/v1/admin/members/${memberId}/audit`;
    const callers = {
      [support.memberId]: support.token,
      [memberId]: session.accessToken,
      [staff.memberId]: weak,
    };
    for (const token of Object.values(callers))
      t.equal((await call(auth, "GET", path, { token })).status, 403);
    const flood = (await logIn(auth, email)).body.accessToken;
    for (let i = 0; i < 60; i += 1) await call(auth, "GET", "/v1/admin/audit", { token: flood });
    await eventually(async () => {
      const { body } = await call<{ items: AuditItem[] }>(auth, "GET", `${path}?limit=100`, {
        token: admin.token,
      });
      const refused = body.items.filter(
        ({ action, outcome }) => action === "auth.staff.use" && outcome === "refused",
      );
      for (const id of Object.keys(callers))
        assert(
          refused.some(({ actor, details }) => actor === id && details.includes("/members/:id/audit")),
          id,
        );
      const own = refused.filter(({ actor }) => actor === memberId).map(({ details }) => details);
      assert.equal(own.length, 12, "10 of the 61, and the 20th and 40th");
      assert(own[0]?.includes('"times":40'));
    }, patience);
  },
);

await t.test(
  "A02 step-up by route: what changes ways in, exports, deletes, or is done by staff asks for fresh authentication",
  async (t) => {
    const known = table.filter(
      ({ service, policy }) => service === "auth" && ["member", "staff"].includes(policy.auth),
    );
    t.same(
      known.map(({ method, path }) => `${method} ${path}`).sort(),
      [...asksForFreshness, ...Object.values(asksForNone).flat()].sort(),
      "each route takes a stand, once",
    );
    const staff = await newStaff("admin");
    await world.sql(
      "UPDATE auth.sessions SET authenticated_at = authenticated_at - interval '11 minutes' WHERE member_id = $1",
      [staff.memberId],
    );
    for (const name of asksForFreshness) {
      const [method = "", path = ""] = name.split(" ");
      const filled = path.replace(":provider", "google").replaceAll(/:\w+/g, () => randomUUID());
      const { status, body } = await call(auth, method as "GET", filled, { token: staff.token });
      t.same([status, body.code], [403, "AUTH_FRESH_SIGN_IN_NEEDED"], name);
    }
    t.equal((await me(staff.token)).status, 200, "and nothing of it was done");
  },
);
