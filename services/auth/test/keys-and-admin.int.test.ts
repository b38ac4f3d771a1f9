import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Jwk, OwnAccount } from "@kismet/contracts";
import { createDatabase } from "@kismet/database";
import {
  contextFromHeaders,
  createLogger,
  createParts,
  loadConfig,
  runWithContext,
} from "@kismet/service-kit";
import { createWorld, environmentOf, eventually } from "@kismet/testing";
import { getTableName } from "drizzle-orm";
import t from "tap";
import { type AdminDeps, type Flags, Refused, UsageError } from "../src/admin/command.ts";
import { commands } from "../src/admin/commands.ts";
import { createAuthAudit } from "../src/audit/auth-audit.ts";
import { Config } from "../src/config.ts";
import { createKeyring } from "../src/keys/keyring.ts";
import { rewrapSecrets } from "../src/keys/rewrap-secrets.ts";
import { sealedPlaces } from "../src/keys/sealed-repository.ts";
import { createLetterbox } from "../src/letters/letterbox.ts";
import { createMailLinks } from "../src/letters/mail-links.ts";
import * as schema from "../src/schema.ts";
import { createDigests } from "../src/secrets/digests.ts";
import { createSealing } from "../src/secrets/sealing.ts";
import { keepUp } from "../src/upkeep.ts";
import {
  authSettings,
  call,
  codeTo,
  keyEncryptionSecret,
  logIn,
  mailText,
  newAddress,
  newMember,
  patience,
  refresh,
  signup,
  startAuth,
  startMail,
  strongToken,
} from "./auth-world.ts";

t.setTimeout(150_000);

const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);
const one = await startAuth(t, world, mail);
const two = await startAuth(t, world, mail);
const { email, session } = await newMember(one, mail);
const nextSecret = "n4Gs7Kx1Wp9Td3Qz6Lb8Vh2Rm5Yc0Jf_next";

const kidOf = (token: string) =>
  (JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()) as { kid: string }).kid;
const status = async (at: { url: string }, token: string) =>
  (await call<OwnAccount>(at, "GET", "/v1/auth/me", { token })).status;
const published = async (at: { url: string }) =>
  (await call<{ keys: Jwk[] }>(at, "GET", "/.well-known/jwks.json")).body.keys.map(({ kid }) => kid);
const moveAll = (ms: number) => [one, two].forEach(({ clock }) => clock.move(ms));

async function keyringOf(secret = keyEncryptionSecret, also?: string) {
  const parts = createParts("auth", loadConfig(Config, environmentOf(Config, authSettings(world, mail))));
  const database = createDatabase(parts, schema);
  await parts.lifecycle.start();
  t.teardown(() => parts.lifecycle.stop());
  const sealing = createSealing(secret, also);
  return {
    database,
    sealing,
    keyring: createKeyring({ database, clock: one.clock, sealing, signingKeyDays: 30 }),
  };
}

type Ran = { code: number; out: string; err: string };
const program = fileURLToPath(new URL("../src/admin/admin-main.ts", import.meta.url));

function admin(...words: string[]): Promise<Ran> {
  const env = {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
    ...environmentOf(Config, authSettings(world, mail)),
  };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...words], { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
    child.stdin?.end();
  });
}

/** The command itself, without a process for it. */
async function operators(): Promise<
  (name: string, words: string[], flags?: Flags) => Promise<Record<string, unknown>>
> {
  const parts = createParts("auth", loadConfig(Config, environmentOf(Config, authSettings(world, mail))));
  const { database, sealing, keyring } = await keyringOf();
  const { clock } = one;
  const operator = "robin";
  const deps: AdminDeps = {
    ...{ operator, database, clock, sealing, keyring, minimumAge: 18, undoHours: 48 },
    links: createMailLinks(parts.config),
    digests: createDigests(parts.config.hashSecret),
    letterbox: createLetterbox({ sealing, clock, posted: () => undefined }),
    audit: createAuthAudit(parts, database),
  };
  const context = contextFromHeaders(() => undefined, { timeoutMs: 60_000 });
  return (name, words, flags = {}) =>
    runWithContext(
      { ...context, operator },
      async () => (await commands[name]?.run(deps, words, flags)) as Record<string, unknown>,
    );
}
const answerOf = ({ code, out, err }: Ran) => {
  assert.equal(code, 0, err);
  return JSON.parse(out) as Record<string, unknown>;
};

await t.test(
  "A10 a rotation by command signs nobody out, and the new key is known before it signs",
  async (t) => {
    const before = (await refresh(one, session.refreshToken)).body;
    const rotators = await Promise.all([keyringOf(), keyringOf(), keyringOf()]);
    moveAll(601_000);
    const rotated = await Promise.allSettled(rotators.map(({ keyring }) => keyring.rotateNow()));
    t.equal(rotated.filter((each) => each.status === "fulfilled").length, 1, "of three at once one");
    t.match(rotated.find((each) => each.status === "rejected")?.reason, { code: "AUTH_KEY_TOO_YOUNG" });
    const kid = rotated.find((each) => each.status === "fulfilled")?.value ?? "";
    await eventually(async () => {
      for (const at of [one, two]) assert((await published(at)).includes(kid));
    }, patience);
    moveAll(-601_000);
    const during = (await logIn(one, email)).body.accessToken;
    t.equal(kidOf(during), kidOf(before.accessToken), "the old one signs on");
    moveAll(1_203_000);
    const after = (await refresh(one, before.refreshToken)).body.accessToken;
    t.equal(kidOf(after), kid);
    for (const token of [before.accessToken, during, after])
      for (const at of [one, two]) t.equal(await status(at, token), 200);
    moveAll(-602_000);
  },
);

await t.test(
  "A10 a revoked key: all its tokens are refused within a second, and members go on by refreshing",
  async (t) => {
    const { body } = await logIn(one, email);
    t.equal(await status(two, body.accessToken), 200);
    answerOf(
      await admin("keys", "revoke", kidOf(body.accessToken), "--yes", "--as", "Robin", "--reason", "a drill"),
    );
    await eventually(
      async () => {
        for (const at of [one, two]) assert.equal(await status(at, body.accessToken), 401);
      },
      { timeoutMs: 1_000 },
    );
    const again = await eventually(async () => {
      const refreshed = await refresh(two, body.refreshToken);
      assert.equal(await status(one, refreshed.body.accessToken), 200);
      return refreshed.body.accessToken;
    }, patience);
    t.not(kidOf(again), kidOf(body.accessToken));
  },
);

await t.test("A10 the secret that seals is changed while instances of before and after run", async (t) => {
  const [before, step, after] = await Promise.all([
    keyringOf(keyEncryptionSecret, nextSecret),
    keyringOf(nextSecret, keyEncryptionSecret),
    keyringOf(nextSecret),
  ]);
  const text = before.sealing.seal("from before");
  t.equal(step.sealing.open(text), "from before");
  t.throws(() => after.sealing.open(text), /nothing here opens/);
  t.equal(before.sealing.open(step.sealing.seal("from after")), "from after", "either way");
  const unnamed = text.slice(text.lastIndexOf(".") + 1);
  t.equal(step.sealing.open(unnamed), "from before", "and from before keys had names");
  t.throws(() => step.sealing.open(`${text.slice(0, -4)}AAAA`), "nothing altered");
  const { rows, texts } = await sealEverywhere(before);
  const counts = await Promise.all([rewrapSecrets(step), rewrapSecrets(step)]);
  t.equal((counts[0] ?? 0) + (counts[1] ?? 0), rows.length, "two at once seal each of them once");
  const anew = await listSealed();
  t.ok(anew.every(({ sealed }) => sealed.startsWith(after.sealing.prefix)));
  t.same(
    anew.map(({ sealed }) => after.sealing.open(sealed)).sort(),
    texts,
    "the new secret opens all of it",
  );
  t.ok(await after.keyring.sign({}), "and alone is enough");
  t.equal(await rewrapSecrets(step), 0);
  t.equal(await rewrapSecrets(before), rows.length, "and back");
});

type Sealed = { place: string; sealed: string };

/** All that is sealed, found by how it looks, in whatever column it lies. */
async function listSealed(): Promise<Sealed[]> {
  const tables = await world.sql<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'auth'",
  );
  const found = await Promise.all(
    tables.map(({ name }) =>
      world.sql<Sealed>(
        `SELECT $1 || '.' || e.key AS place, e.value AS sealed
         FROM auth.${name} t, jsonb_each_text(to_jsonb(t)) e
         WHERE e.value ~ 's1\\.[0-9a-f]{12}\\.'`,
        [name],
      ),
    ),
  );
  return found.flat();
}

/** Something real in each place, which does not move by itself; and what it says. */
async function sealEverywhere({ sealing, database }: Awaited<ReturnType<typeof keyringOf>>) {
  await eventually(
    async () => assert.deepEqual(await world.sql("SELECT id FROM auth.letters"), []),
    patience,
  );
  const { session } = await newMember(one, mail);
  const { memberId, accessToken: token } = session;
  assert.equal((await call(one, "POST", "/v1/auth/factors/totp", { token })).status, 201);
  assert.equal((await call(one, "POST", "/v1/auth/me/export", { token })).status, 202);
  await eventually(
    async () => assert.deepEqual(await world.sql("SELECT id FROM auth.letters"), []),
    patience,
  );
  const letterbox = createLetterbox({ sealing, clock: one.clock, posted: () => undefined });
  const context = contextFromHeaders(() => undefined, { timeoutMs: 10_000 });
  await runWithContext(context, () =>
    database.transaction(async (tx) => {
      await letterbox.post(tx, { kind: "forgot-password", email: newAddress() });
      await tx.update(schema.letters).set({ nextAttemptAt: new Date("2100-01-01") });
    }),
  );
  // A page of whoever checks ages, to which its member may still go back.
  await world.sql(
    `INSERT INTO auth.age_checks
       (id, member_id, method, minimum_age, provider, sealed_redirect, opened_at, expires_at)
     VALUES (gen_random_uuid(), $1, 'document', 18, 'sandbox', $2, now(), now() + interval '1 day')`,
    [memberId, sealing.seal("https://ages.test/?check=1")],
  );
  const rows = await listSealed();
  return { rows, texts: rows.map(({ sealed }) => sealing.open(sealed)).sort() };
}

await t.test("A10 what is sealed is sealed anew wherever it lies: no place is forgotten", async (t) => {
  const named = await world.sql<{ place: string }>(
    `SELECT table_name || '.' || column_name AS place FROM information_schema.columns
     WHERE table_schema = 'auth' AND column_name LIKE '%sealed%'`,
  );
  const listed = sealedPlaces.map(({ table, sealed }) => `${getTableName(table)}.${sealed.name}`).sort();
  // The pieces of an archive are sealed by its own key, which is one of those that are listed.
  const places = named.map(({ place }) => place).filter((place) => place !== "export_chunks.sealed");
  t.same(listed, places.sort(), "by name");
  const found = new Set((await listSealed()).map(({ place }) => place));
  t.same(listed, [...found].sort(), "by what lies there: a row of each kind has been made");
});

await t.test(
  "A10 a secret that nothing opens keeps no other from being sealed anew, nor upkeep",
  async (t) => {
    const [step, after] = await Promise.all([
      keyringOf(nextSecret, keyEncryptionSecret),
      keyringOf(nextSecret),
    ]);
    const sealings = await listSealed();
    const stray = createSealing("n0body-kn0ws-th1s-s3cret-any-m0re-at-all").seal("lost");
    await world.sql("UPDATE auth.totps SET sealed_secret = $1", [stray]);
    const flow = newAddress();
    await world.sql(
      `INSERT INTO auth.oidc_flows (state_hash, provider, verifier_hash, return_to, expires_at)
     VALUES ($1, 'google', '', '', now() - interval '1 day')`,
      [flow],
    );
    const lines: string[] = [];
    const { clock } = one;
    const logger = createLogger(
      { service: "auth", instanceId: "test", level: "info" },
      { write: (line) => void lines.push(line) },
    );
    await keepUp({ ...step, clock, logger, emailUndoHours: 48 });
    t.same(
      await world.sql("SELECT 1 FROM auth.oidc_flows WHERE state_hash = $1", [flow]),
      [],
      "it is forgotten",
    );
    t.match(lines, [/"level":"error".*"job":"seal anew"/], "it is told, once");
    t.notMatch(lines.join(""), stray);
    const anew = await listSealed();
    const left = anew.filter(({ sealed }) => !sealed.startsWith(after.sealing.prefix));
    t.same(left, [{ place: "totps.sealed_secret", sealed: stray }], "all the others are sealed anew");
    t.equal(anew.length, sealings.length);
    await world.sql("DELETE FROM auth.totps");
    const before = await keyringOf(keyEncryptionSecret, nextSecret);
    t.equal(await rewrapSecrets(before), sealings.length - 1, "and back");
  },
);

await t.test(
  "A22 staff is created by invitation: no password is made for them, and the role waits for a second factor",
  async (t) => {
    const run = await operators();
    const born = "1990-12-31";
    const invitedAs = newAddress();
    const squatted = newAddress();
    await signup(one, squatted);
    await codeTo(mail, squatted);
    const made = answerOf(
      await admin("staff", "create", invitedAs, "support", "--born", born, "--locale", "fr-CH", "--yes"),
    );
    await t.rejects(run("staff create", [email, "support"], { born }), {
      code: "AUTH_ADDRESS_TAKEN",
      detail: /staff grant/,
    });
    await t.rejects(run("staff create", [newAddress(), "admin"], { born: "2020-12-31" }), {
      code: "AUTH_TOO_YOUNG",
    });
    const bad: [words: string[], flags: Flags][] = [
      [[newAddress(), "boss"], { born }],
      [["nobody", "admin"], { born }],
      [[newAddress(), "admin"], { born: "31.12.1990" }],
      [[newAddress(), "admin"], { born, locale: "no language" }],
    ];
    for (const [words, flags] of bad) await t.rejects(run("staff create", words, flags), UsageError);
    t.ok(
      await run("staff create", [squatted, "moderator"], { born }),
      "whoever proved nothing keeps nothing",
    );
    const memberId = String(made["memberId"]);
    const text = await mailText(mail, invitedAs);
    t.match(text, /administrateur.*3\sjours/s, "in their language");
    const token = new URL(/https:\/\/\S+/.exec(text)?.[0] ?? "").searchParams.get("token") ?? "";
    const set = (password: string) =>
      call(one, "POST", "/v1/auth/password/reset", { body: { token, password } });
    t.equal((await logIn(one, invitedAs, "undefined-null")).status, 401, "no password opens it before");
    moveAll(3 * 86_400_000 + 1_000);
    t.equal((await set("a-first-password-91")).status, 422, "after three days it is over");
    moveAll(-3 * 86_400_000 - 1_000);
    const used = await Promise.all(["a-first-password-91", "another-password-92"].map(set));
    t.same(used.map(({ status }) => status).sort(), [204, 422], "good once, of two at once too");
    const password = used[0]?.status === 204 ? "a-first-password-91" : "another-password-92";
    t.equal((await set("a-third-password-93")).status, 422);
    const path = `/v1/admin/members/${memberId}`;
    const weak = (await logIn(one, invitedAs, password)).body.accessToken;
    t.equal((await call(one, "GET", path, { token: weak })).status, 403, "by the password alone no role");
    const strong = await strongToken(one, world, invitedAs, password);
    t.match((await call(one, "GET", path, { token: strong })).body, { roles: ["support"], email: invitedAs });
    await t.rejects(run("staff grant", [invitedAs, "support"]), Refused);
    await t.rejects(run("staff revoke", [invitedAs, "admin"]), Refused);
    t.match(JSON.stringify(await run("staff list", [])), invitedAs);
    t.equal(
      (await call(one, "GET", path, { token: strong })).status,
      200,
      "what changes nothing ends nothing",
    );
    const setStatus = (status: string) =>
      world.sql("UPDATE auth.accounts SET status = $2 WHERE member_id = $1", [memberId, status]);
    await setStatus("hidden");
    t.match(await run("staff revoke", [invitedAs, "support"]), { roles: [] }, "taken from who hides");
    await t.rejects(run("staff grant", [invitedAs, "support"]), /hidden: only an active one/);
    await setStatus("active");
    t.match(await run("staff grant", [invitedAs, "support"]), { roles: ["support"] });
    await eventually(async () => {
      const rows = await world.sql<{ n: number }>(
        "SELECT count(*)::int AS n FROM auth.audit_trail WHERE action = 'auth.staff.create'",
      );
      assert.equal(rows[0]?.n, 2);
    }, patience);
  },
);

await t.test(
  "A22 legal holds by command: placed with reason and reference, listed, lifted one by one",
  async (t) => {
    const run = await operators();
    const reason = "a court asks";
    const bare = await admin("holds", "place", email, "--reason", reason, "--yes");
    t.match([bare.code, bare.err], [2, /--reference is missing/]);
    const first = String((await run("holds place", [email], { reason, reference: "7 C 12/26" }))["hold"]);
    await run("holds place", [email], { reason, reference: "7 C 13/26" });
    t.match(await run("holds list", [email]), [
      { id: first, reference: "7 C 12/26" },
      { reference: "7 C 13/26" },
    ]);
    const lift = (...words: string[]) => run("holds lift", [email, ...words]);
    await t.rejects(lift(), /There are 2 holds/, "those of other cases do not go with it");
    t.match(await lift(first), { lifted: 1, left: 1 });
    t.match(await run("holds list", []), [{ reference: "7 C 13/26" }]);
    await t.rejects(lift(first), Refused);
    await t.rejects(lift("no-id"), UsageError);
    await lift();
    t.same(await run("holds list", [email]), []);
    const rows = await eventually(async () => {
      const found = await world.sql<{ action: string; details: string; actor_kind: string }>(
        "SELECT action, details, actor_kind FROM auth.audit_trail WHERE action LIKE 'auth.legal-hold.%' ORDER BY seq",
      );
      assert.equal(found.length, 4);
      return found;
    }, patience);
    t.match(rows[2], { action: "auth.legal-hold.lift", actor_kind: "operator", details: first });
    t.notMatch(JSON.stringify(rows), "7 C 1", "the trail outlives members, and does not name their cases");
  },
);

await t.test(
  "A22 what operators do: help, refusals with their exit codes, and every use in the trail",
  async (t) => {
    const help = await admin("help");
    t.equal(help.code, 0);
    for (const command of [
      "staff create",
      "staff grant",
      "holds place",
      "holds lift",
      "keys rotate",
      "keys rewrap",
      "audit verify",
      "sessions revoke",
      "status ban",
    ])
      t.match(help.out, command);
    const [unknown, unconfirmed, nobody, bad, shown, verified] = await Promise.all([
      admin("make", "coffee"),
      admin("status", "ban", email, "spam"),
      admin("show", "nobody@mail.test"),
      admin("status", "ban", email, "boredom", "--yes"),
      admin("show", email, "--as", "Robin", "--reason", "ticket 12"),
      admin("audit", "verify", "--json"),
    ]);
    t.match([unknown.code, unconfirmed.code, nobody.code, bad.code], [2, 2, 1, 2]);
    t.match(bad.err, '"boredom" is no reason: underage,');
    t.match(unconfirmed.err, "--yes");
    t.match(nobody.err, "NOT_FOUND");
    t.match(answerOf(shown), { email, status: "active", restrictions: [] });
    t.notMatch(shown.out, "argon2");
    t.match(answerOf(verified), { head: { seq: Number } });
    await admin(
      "status",
      "suspend",
      email,
      "spam",
      "--until",
      new Date(Date.now() + 3_600_000).toISOString(),
      "--yes",
    );
    t.match(
      (await call(one, "GET", "/v1/auth/me", { token: (await logIn(one, email)).body.accessToken })).body,
      {
        status: "suspended",
      },
    );
    answerOf(await admin("status", "lift", email, "--comment", "a drill", "--yes"));
    const rows = await eventually(async () => {
      const found = await world.sql<{ actor: string; details: string; action: string; outcome: string }>(
        "SELECT actor, details, action, outcome FROM auth.audit_trail WHERE actor_kind = 'operator' ORDER BY seq",
      );
      assert(found.some(({ action }) => action === "auth.account.lift"));
      return found;
    }, patience);
    const used = rows.find(({ details }) => details.includes("ticket 12"));
    t.match(used, { action: "auth.admin.use", actor: / as Robin$/ });
    const failed = rows.find(({ details }) => details.includes("NOT_FOUND"));
    t.match(failed, { action: "auth.admin.use", outcome: "refused" }, "and what was refused");
    await world.sql("REVOKE INSERT ON auth.audit_pending FROM kismet_auth");
    const unrecorded = await admin("show", "nobody@mail.test");
    await world.sql("GRANT INSERT ON auth.audit_pending TO kismet_auth");
    t.equal(unrecorded.code, 1);
    t.match(
      unrecorded.err,
      /could not be recorded[^]*NOT_FOUND/,
      "a gap in the trail is told beside the refusal",
    );
    await world.sql(
      "BEGIN; SET LOCAL session_replication_role = replica; UPDATE auth.audit_trail SET outcome = 'x' WHERE seq = 2; COMMIT",
    );
    const broken = await admin("audit", "verify");
    t.equal(broken.code, 3);
    t.match(broken.err, "row 2 is altered");
  },
);
