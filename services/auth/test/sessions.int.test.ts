import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { Jwk, OwnAccount } from "@kismet/contracts";
import { createDatabase } from "@kismet/database";
import { createParts, loadConfig } from "@kismet/service-kit";
import { createWorld, environmentOf, eventually, memberToken, TestSigner } from "@kismet/testing";
import t from "tap";
import { Config } from "../src/config.ts";
import { createKeyring } from "../src/keys/keyring.ts";
import * as schema from "../src/schema.ts";
import { createSealing } from "../src/secrets/sealing.ts";
import {
  authSettings,
  call,
  goodPassword,
  keyEncryptionSecret,
  logIn,
  newAddress,
  newMember,
  patience,
  refresh,
  startAuth,
  startMail,
} from "./auth-world.ts";

const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);
const one = await startAuth(t, world, mail);
const two = await startAuth(t, world, mail, { clock: one.clock });

const me = (token: string, at = one) => call<OwnAccount>(at, "GET", "/v1/auth/me", { token });
const endedOf = async (memberId: string) => {
  const rows = await world.sql<{ id: string }>(
    "SELECT payload->>'sessionId' AS id FROM auth.outbox WHERE aggregate_id = $1 AND subject = 'events.auth.session.revoked'",
    [memberId],
  );
  return rows.map(({ id }) => id);
};

await t.test("thirty simultaneous refreshes of one token give one successor (proof 3)", async (t) => {
  const { session } = await newMember(one, mail);
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, i) => refresh(i % 2 ? one : two, session.refreshToken)),
  );
  t.ok(answers.every(({ status }) => status === 200));
  t.equal(new Set(answers.map(({ body }) => body.refreshToken)).size, 1);
  const [row] = await world.sql<{ generation: number }>(
    "SELECT generation FROM auth.sessions WHERE id = $1",
    [session.sessionId],
  );
  t.equal(row?.generation, 1);
  t.equal((await refresh(one, answers[0]?.body.refreshToken ?? "")).status, 200, "and the successor is good");
});

await t.test(
  "a retry after 30 s, or of a grandparent, ends the session for everybody (proof 3)",
  async (t) => {
    for (const way of ["late", "grandparent"] as const) {
      const { session } = await newMember(one, mail);
      const second = (await refresh(one, session.refreshToken)).body;
      const third = way === "grandparent" ? (await refresh(two, second.refreshToken)).body : second;
      if (way === "late") one.clock.move(31_000);
      t.match(await refresh(one, session.refreshToken), {
        status: 401,
        body: { code: "AUTH_REFRESH_REFUSED" },
      });
      t.equal((await refresh(two, third.refreshToken)).status, 401, `${way}: the newest is dead too`);
      for (const at of [one, two])
        await eventually(async () => assert.equal((await me(third.accessToken, at)).status, 401), patience);
      t.same(await endedOf(session.memberId), [session.sessionId]);
      if (way === "late") one.clock.move(-31_000);
    }
  },
);

await t.test("made-up, altered and foreign refresh tokens end nothing", async (t) => {
  const { session } = await newMember(one, mail);
  const [id = "", generation = "", proof = ""] = session.refreshToken.split(".");
  const other = (await newMember(one, mail)).session;
  const forged = createHmac("sha256", "not the secret").update(id).digest("base64url");
  const table = [
    "x",
    `${id}.${generation}.${forged}`,
    `${id}.7.${proof}`,
    `${id}.-1.${proof}`,
    `${other.sessionId}.${generation}.${proof}`,
    `${"0".repeat(8)}-0000-0000-0000-${"0".repeat(12)}.0.${proof}`,
  ];
  for (const token of table)
    t.match(await refresh(one, token), { status: 401, body: { code: "AUTH_REFRESH_REFUSED" } }, token);
  t.equal((await refresh(one, session.refreshToken)).status, 200);
});

await t.test("a session slides for 30 days and ends after a year", async (t) => {
  const { session } = await newMember(one, mail);
  const dayMs = 86_400_000;
  let token = session.refreshToken;
  let movedDays = 0;
  const use = async (days: number) => {
    one.clock.move(days * dayMs);
    movedDays += days;
    const { status, body } = await refresh(one, token);
    if (status === 200) token = body.refreshToken;
    return status;
  };
  try {
    for (let i = 0; i < 12; i += 1) t.equal(await use(29), 200, `day ${movedDays}`);
    t.equal(await use(18), 401, "366 days after sign-in");
  } finally {
    one.clock.move(-movedDays * dayMs);
  }
});

await t.test("sign-in: wrong password and unknown address get the same answer", async (t) => {
  const { email } = await newMember(one, mail);
  const [wrong, unknown] = [await logIn(one, email, "not the password"), await logIn(one, newAddress())];
  t.equal(wrong.status, 401);
  const told = ({ status, body }: typeof wrong) => ({ ...body, status, requestId: "" });
  t.same(told(wrong), told(unknown));
  t.equal((await logIn(one, email.toUpperCase())).status, 200, "addresses have no case");
  const decomposed = "cafe\u0301-heron-lantern";
  t.equal((await logIn(one, email, decomposed)).status, 401);
});

await t.test("a password hash with older parameters is replaced at sign-in", async (t) => {
  const { email, session } = await newMember(one, mail);
  const { hash } = await import("@node-rs/argon2");
  const old = await hash(goodPassword, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
  await world.sql("UPDATE auth.accounts SET password_hash = $1 WHERE member_id = $2", [
    old,
    session.memberId,
  ]);
  t.equal((await logIn(one, email)).status, 200);
  const [row] = await world.sql<{ hash: string }>(
    "SELECT password_hash AS hash FROM auth.accounts WHERE member_id = $1",
    [session.memberId],
  );
  t.match(row?.hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

await t.test("A14 devices are listed, signed out one by one or all, and only by their member", async (t) => {
  const { email, session } = await newMember(one, mail);
  const tablet = (await logIn(one, email, goodPassword, "Tablet")).body;
  const stranger = (await newMember(one, mail)).session;
  type List = { items: { id: string; deviceName: string | null; current: boolean }[]; nextCursor: null };
  const list = (token: string) => call<List>(one, "GET", "/v1/auth/sessions", { token });
  const { body } = await list(tablet.accessToken);
  t.same(
    body.items.map(({ id, deviceName, current }) => [id, deviceName, current]),
    [
      [tablet.sessionId, "Tablet", true],
      [session.sessionId, null, false],
    ],
  );
  const end = (token: string, id: string) => call(one, "DELETE", `/v1/auth/sessions/${id}`, { token });
  const notYours = await end(stranger.accessToken, tablet.sessionId);
  const notThere = await end(stranger.accessToken, crypto.randomUUID());
  t.same([notYours.status, notYours.body.code], [404, notThere.body.code]);
  t.equal((await end(session.accessToken, tablet.sessionId)).status, 204);
  t.equal((await end(session.accessToken, tablet.sessionId)).status, 404, "it has ended already");
  t.equal((await refresh(one, tablet.refreshToken)).status, 401);
  for (const at of [one, two])
    await eventually(async () => assert.equal((await me(tablet.accessToken, at)).status, 401), patience);
  t.equal((await me(session.accessToken)).status, 200);
  const third = (await logIn(one, email)).body;
  t.equal((await call(one, "POST", "/v1/auth/logout-all", { token: third.accessToken })).status, 204);
  for (const { accessToken, refreshToken } of [session, third]) {
    await eventually(async () => assert.equal((await me(accessToken)).status, 401), patience);
    t.equal((await refresh(one, refreshToken)).status, 401);
  }
  t.equal((await me(stranger.accessToken)).status, 200);
});

await t.test("logging out ends this device", async (t) => {
  const { session } = await newMember(one, mail);
  const out = await call(one, "POST", "/v1/auth/logout", { token: session.accessToken });
  t.equal(out.status, 204);
  await eventually(async () => assert.equal((await me(session.accessToken, two)).status, 401), patience);
});

await t.test("fifty devices and no more: the least seen is signed out", async (t) => {
  const { email, session } = await newMember(one, mail);
  for (let round = 0; round < 4; round += 1) {
    const sessions = await Promise.all(Array.from({ length: 13 }, () => logIn(one, email)));
    t.ok(sessions.every(({ status }) => status === 200));
  }
  const [row] = await world.sql<{ n: number }>(
    "SELECT count(*)::int AS n FROM auth.sessions WHERE member_id = $1 AND ended_at IS NULL",
    [session.memberId],
  );
  t.equal(row?.n, 50);
  t.equal((await refresh(one, session.refreshToken)).status, 401);
});

await t.test("A10 keys: published, sealed at rest, rotated without signing anybody out", async (t) => {
  const jwks = async (at = one) =>
    (await call<{ keys: Jwk[] }>(at, "GET", "/.well-known/jwks.json")).body.keys;
  const { session } = await newMember(one, mail);
  const [header = ""] = session.accessToken.split(".");
  const { kid, alg, typ } = JSON.parse(Buffer.from(header, "base64url").toString()) as Record<string, string>;
  t.same([alg, typ], ["EdDSA", "at+jwt"]);
  t.ok((await jwks()).some((key) => key.kid === kid));
  t.same(await jwks(two), await jwks(), "both instances have the same");
  const stored = await world.sql<{ row: string }>("SELECT k::text AS row FROM auth.signing_keys k");
  t.equal(stored.length, 1, "two instances that start at once make one key");
  t.notMatch(stored[0]?.row, /PRIVATE/);
  await world.sql("UPDATE auth.signing_keys SET created_at = created_at - interval '31 days'");
  const third = await startAuth(t, world, mail, { clock: one.clock });
  await one.stop();
  await two.stop();
  await eventually(async () => assert.equal((await jwks(third)).length, 2), { timeoutMs: 20_000 });
  t.equal((await me(session.accessToken, third)).status, 200, "tokens of the old key are good");
  const next = (await refresh(third, session.refreshToken)).body;
  t.equal(next.accessToken.split(".")[0], header, "the new one is published before it signs");
  third.clock.move(601_000);
  const later = (await refresh(third, next.refreshToken)).body;
  t.not(later.accessToken.split(".")[0], header);
  third.clock.move(-601_000);
});

await t.test("A10 instances that look for a key at once make one", async (t) => {
  const keyrings = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const parts = createParts("auth", loadConfig(Config, environmentOf(Config, authSettings(world, mail))));
      const database = createDatabase(parts, schema);
      await parts.lifecycle.start();
      t.teardown(() => parts.lifecycle.stop());
      const sealing = createSealing(keyEncryptionSecret);
      return createKeyring({ database, clock: parts.clock, sealing, signingKeyDays: 30 });
    }),
  );
  for (let round = 0; round < 5; round += 1) {
    await world.sql("DELETE FROM auth.signing_keys");
    await Promise.all(keyrings.map((keyring) => keyring.rotate()));
    const [row] = await world.sql<{ n: number }>("SELECT count(*)::int AS n FROM auth.signing_keys");
    t.equal(row?.n, 1);
  }
});

await t.test("A02 a token of another key, issuer, audience or time is refused", async (t) => {
  const auth = await startAuth(t, world, mail);
  t.equal((await me(memberToken(world), auth)).status, 401, "signed by nobody we know");
  const { session } = await newMember(auth, mail);
  const [header = "", payload = "", signature = ""] = session.accessToken.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  t.equal((await me(`${header}.${encode({ ...claims, roles: ["admin"] })}.${signature}`, auth)).status, 401);
  t.equal((await me(`${encode({ alg: "none", typ: "at+jwt" })}.${payload}.`, auth)).status, 401);
  t.equal((await me(new TestSigner().token({ memberId: session.memberId }), auth)).status, 401);
  t.equal((await me(session.accessToken, auth)).status, 200);
});
