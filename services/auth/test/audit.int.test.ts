import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { AuditSealed, type Session } from "@kismet/contracts";
import {
  type Audit,
  type AuditHead,
  type AuditSecrets,
  createAudit,
  createDatabase,
  recordAudit,
} from "@kismet/database";
import { createParts, launch, loadConfig, createAppShell } from "@kismet/service-kit";
import { createWorld, environmentOf, eventually } from "@kismet/testing";
import t from "tap";
import { Config } from "../src/config.ts";
import * as schema from "../src/schema.ts";
import {
  auditSecret,
  authSettings,
  call,
  goodPassword,
  newMember,
  patience,
  startAuth,
  startMail,
  waitingForLocks,
} from "./auth-world.ts";

const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);
const auth = await startAuth(t, world, mail);
const heads: AuditHead[] = [];
const [one, other] = await Promise.all([chainOf(heads), chainOf()]);

type Row = {
  seq: string;
  action: string;
  outcome: string;
  actor_kind: string;
  actor: string | null;
  subject: string | null;
  session: string | null;
  network: string | null;
  request_id: string;
  details: string;
};
const trail = () => world.sql<Row>("SELECT * FROM auth.audit_trail ORDER BY seq");

/** Nobody needs a second service to look at the first one's chain: its tables are enough. */
async function chainOf(announced: AuditHead[] = []) {
  const parts = createParts("auth", loadConfig(Config, environmentOf(Config, authSettings(world, mail))));
  const database = createDatabase(parts, schema);
  const running = await launch(parts, createAppShell(parts));
  t.teardown(() => running.stop());
  const announce = async (_tx: unknown, head: AuditHead) => void announced.push(head);
  return { database, audit: createAudit(parts, { database, secrets: { secret: auditSecret }, announce }) };
}

await t.test(
  "A22 A11 who, what, from where, when, by which request: sign-ins, refusals, passwords, sessions, the end",
  async (t) => {
    const { email, session } = await newMember(auth, mail);
    const headers = { "x-request-id": "audited-refusal-1" };
    const wrong = await call(auth, "POST", "/v1/auth/login", {
      body: { email, password: "not-the-right-one" },
      headers,
    });
    t.equal(wrong.status, 401);
    const changed = await call<Session>(auth, "POST", "/v1/auth/password/change", {
      token: session.accessToken,
      body: { currentPassword: goodPassword, newPassword: "a-whole-other-one-55" },
    });
    t.equal(changed.status, 200);
    const bad = await call(auth, "POST", "/v1/auth/password/change", {
      token: changed.body.accessToken,
      body: { currentPassword: goodPassword, newPassword: "a-third-one-to-try-7" },
    });
    t.equal(bad.status, 422);
    await call(auth, "DELETE", "/v1/auth/me", { token: changed.body.accessToken });
    await call(auth, "POST", "/v1/auth/logout-all", { token: changed.body.accessToken });
    const expected = [
      "auth.account.status ok",
      "auth.sign-in ok",
      "auth.sign-in refused",
      "auth.password.change ok",
      "auth.session.end ok",
      "auth.password.change refused",
      "auth.account.status ok",
      "auth.session.end ok",
    ];
    const rows = await eventually(async () => {
      const all = await trail();
      const mine = all.filter(({ subject }) => subject !== null);
      assert.deepEqual(
        mine.map(({ action, outcome }) => `${action} ${outcome}`),
        expected,
      );
      return mine;
    }, patience);
    t.equal(new Set(rows.map(({ subject }) => subject)).size, 1, "all of them are about one member");
    const [refused] = rows.filter(({ request_id: id }) => id === "audited-refusal-1");
    t.match(refused, { action: "auth.sign-in", actor_kind: "stranger", network: "127.0.0.0/24" });
    t.ok(
      rows.slice(3).every(({ actor, session }) => actor === rows[0]?.subject && session !== null),
      "who has a session is named by it",
    );
    const text = JSON.stringify(await trail());
    for (const [what, value] of Object.entries({ ...session, email, address: "127.0.0.1" }))
      if (typeof value === "string" && value !== "Bearer") t.notOk(text.includes(value), `no ${what}`);
    const [left] = await world.sql<{ n: number }>("SELECT count(*)::int AS n FROM auth.audit_pending");
    t.equal(left?.n, 0, "nor anywhere else, once it is sealed");
    const heard = await world.sql<{ n: number }>(
      "SELECT count(*)::int AS n FROM auth.outbox WHERE subject = $1",
      [AuditSealed.subject],
    );
    t.ok((heard[0]?.n ?? 0) > 0, "the head of the chain was announced");
  },
);

await t.test("A22 the service's own role can neither change nor take away a row", async (t) => {
  const client = await one.database.pool.connect();
  t.teardown(() => client.release());
  for (const statement of [
    "UPDATE auth.audit_trail SET outcome = 'ok'",
    "DELETE FROM auth.audit_trail",
    "TRUNCATE auth.audit_trail",
  ])
    await t.rejects(client.query(statement), { code: "42501" }, statement);
  await client.query("GRANT UPDATE, DELETE, TRUNCATE ON auth.audit_trail TO kismet_auth");
  await t.rejects(client.query("DELETE FROM auth.audit_trail"), { code: "42501" }, "the trigger stands too");
  await client.query("REVOKE UPDATE, DELETE, TRUNCATE ON auth.audit_trail FROM kismet_auth");
});

await t.test("A22 a row is there if and only if what it tells of was committed", async (t) => {
  await auth.stop();
  const before = (await trail()).length;
  await t.rejects(
    one.database.transaction(async (tx) => {
      await recordAudit(tx, { action: "auth.test.undone" });
      throw new Error("changed its mind");
    }),
  );
  await one.database.transaction((tx) => recordAudit(tx, { action: "auth.test.done" }));
  await one.audit.seal();
  t.same(
    (await trail()).slice(before).map(({ action }) => action),
    ["auth.test.done"],
  );
});

await t.test(
  "A22 two seal at once, while others write: one chain, nothing twice, nothing lost",
  async (t) => {
    const count = 300;
    const before = (await trail()).length;
    const writing = Promise.all(
      Array.from({ length: count }, (_, i) =>
        [one, other][i % 2]?.database.transaction((tx) =>
          recordAudit(tx, { action: "auth.test.crowd", details: { i } }),
        ),
      ),
    );
    let isWritten = false;
    void writing.then(() => (isWritten = true));
    do await Promise.all([one.audit.seal(), other.audit.seal(), one.audit.seal()]);
    while (!isWritten);
    await writing;
    while ((await one.audit.seal()) > 0);
    const rows = (await trail()).slice(before);
    t.equal(new Set(rows.map(({ details }) => details)).size, count);
    t.equal(rows.length, count);
    t.match(await one.audit.verify(), { rows: before + count, broken: undefined });
    const [last] = heads;
    t.ok(last, "and its head was announced");
  },
);

await t.test("A22 who seals waits for who is sealing, and goes on from where that one ended", async (t) => {
  const record = (what: string) =>
    one.database.transaction((tx) => recordAudit(tx, { action: `auth.test.${what}` }));
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = createAudit(
    { name: "auth" },
    {
      database: one.database,
      secrets: { secret: auditSecret },
      // In the transaction, when its rows are there and nobody else can see them.
      async announce() {
        reached.resolve();
        await released.promise;
      },
    },
  );
  const before = (await trail()).length;
  await record("first");
  const first = slow.seal();
  await reached.promise;
  await record("second");
  const second = other.audit.seal();
  await waitingForLocks(world, 1);
  released.resolve();
  t.same(await Promise.all([first, second]), [1, 1]);
  t.same(
    (await trail()).slice(before).map(({ action }) => action),
    ["auth.test.first", "auth.test.second"],
  );
  t.equal((await one.audit.verify()).broken, undefined);
});

/** What somebody does who has the database's own powers. */
async function forge(...statements: string[]): Promise<void> {
  const all = ["SET LOCAL session_replication_role = replica", ...statements].join("; ");
  await world.sql(`BEGIN; ${all}; COMMIT`);
}

await t.test(
  "A22 the first broken link is named: altered, deleted, inserted, reordered, truncated",
  async (t) => {
    await world.sql("CREATE TABLE auth.audit_copy AS SELECT * FROM auth.audit_trail");
    const { rows: length, head } = await one.audit.verify();
    const announced = [head];
    const restore = () =>
      forge("DELETE FROM auth.audit_trail", "INSERT INTO auth.audit_trail SELECT * FROM auth.audit_copy");
    const swap = (a: number, b: number) => [
      `UPDATE auth.audit_trail SET seq = -1 WHERE seq = ${a}`,
      `UPDATE auth.audit_trail SET seq = ${a} WHERE seq = ${b}`,
      `UPDATE auth.audit_trail SET seq = ${b} WHERE seq = -1`,
    ];
    const columns =
      "action, outcome, actor_kind, actor, subject, session, network, request_id, details, occurred_at, digest";
    const alterations = {
      action: "'auth.nothing'",
      outcome: "'tampered'",
      actor_kind: "'system'",
      actor: "'somebody'",
      subject: "'else'",
      session: "'another'",
      network: "'elsewhere'",
      request_id: "'another'",
      details: "'{}x'",
      occurred_at: "occurred_at - interval '1 hour'",
      digest: "'made-up'",
    };
    type Plant = [what: string, statements: string[], seq: number, fault: string];
    const table: Plant[] = [
      ...Object.entries(alterations).map(([column, value]): Plant => [
        `altered ${column}`,
        [`UPDATE auth.audit_trail SET ${column} = ${value} WHERE seq = 7`],
        7,
        "altered",
      ]),
      ["a deleted row", ["DELETE FROM auth.audit_trail WHERE seq = 5"], 5, "missing"],
      ["the first row deleted", ["DELETE FROM auth.audit_trail WHERE seq = 1"], 1, "missing"],
      [
        "a deleted row, and the others moved up",
        [
          "DELETE FROM auth.audit_trail WHERE seq = 5",
          "UPDATE auth.audit_trail SET seq = -seq WHERE seq > 5",
          "UPDATE auth.audit_trail SET seq = -seq - 1 WHERE seq < 0",
        ],
        5,
        "altered",
      ],
      [
        "an inserted row, and the others moved down",
        [
          "UPDATE auth.audit_trail SET seq = -seq WHERE seq > 5",
          "UPDATE auth.audit_trail SET seq = -seq + 1 WHERE seq < 0",
          `INSERT INTO auth.audit_trail (seq, ${columns}) SELECT 6, ${columns} FROM auth.audit_trail WHERE seq = 3`,
        ],
        6,
        "altered",
      ],
      ["two rows in each other's place", swap(4, 9), 4, "altered"],
      [
        "the end cut off",
        [`DELETE FROM auth.audit_trail WHERE seq > ${length - 3}`],
        length - 2,
        "truncated",
      ],
      ["all of it deleted", ["DELETE FROM auth.audit_trail"], 1, "truncated"],
      [
        "a row put behind the end, with a hash that anybody can make",
        [
          `INSERT INTO auth.audit_trail (seq, ${columns}) SELECT seq + 1, ${columns.replace(/digest$/, "")}
           encode(sha256(digest::bytea), 'base64') FROM auth.audit_trail WHERE seq = ${length}`,
        ],
        length + 1,
        "altered",
      ],
    ];
    for (const [what, statements, seq, fault] of table) {
      await forge(...statements);
      t.match((await other.audit.verify(announced)).broken, { seq, fault }, what);
      await restore();
      t.equal((await other.audit.verify(announced)).broken, undefined, `${what}, put right`);
    }
    // Another history from the third last row on, with a row of this one in it: each for itself was sealed here.
    await forge(`DELETE FROM auth.audit_trail WHERE seq > ${length - 3}`);
    for (let i = 0; i < 3; i += 1)
      await one.database.transaction((tx) => recordAudit(tx, { action: "auth.test.other", details: { i } }));
    t.equal(await one.audit.seal(), 3);
    t.equal((await one.audit.verify()).broken, undefined, "another history is one too");
    t.match((await one.audit.verify(announced)).broken, { seq: length, fault: "rewritten" });
    await forge(
      `DELETE FROM auth.audit_trail WHERE seq = ${length - 1}`,
      `INSERT INTO auth.audit_trail SELECT * FROM auth.audit_copy WHERE seq = ${length - 1}`,
    );
    t.match((await one.audit.verify()).broken, { seq: length - 1, fault: "altered" }, "a row out of another");
    await restore();
    const elsewhere = { seq: 5, digest: createHash("sha256").update("5").digest("base64url") };
    t.match((await one.audit.verify([elsewhere])).broken, { seq: 5, fault: "rewritten" });
  },
);

await t.test(
  "A10 A22 the secret is changed while instances of before and after run: one chain, and members are found across it",
  async (t) => {
    const auditOf = (secrets: AuditSecrets) =>
      createAudit({ name: "auth" }, { database: one.database, secrets, announce: async () => undefined });
    const next = "j7Wd3Kp9Xn1Ru5Tz8Qc2Vb6Hs4Mf0Gy_next";
    const [before, known, after] = [
      auditOf({ secret: auditSecret }),
      auditOf({ secret: auditSecret, next }),
      auditOf({ secret: next, before: [auditSecret] }),
    ];
    const memberId = crypto.randomUUID();
    const record = async (what: string, by: Audit) => {
      const action = `auth.test.${what}` as const;
      await one.database.transaction((tx) => recordAudit(tx, { action, subject: memberId }));
      await by.seal();
    };
    await record("old", known);
    t.equal((await before.verify()).broken, undefined, "what is to come seals nothing yet");
    await record("new", after);
    await record("followed", known);
    await record("newest", after);
    const length = (await trail()).length;
    for (const audit of [known, after])
      t.match(await audit.verify(), { rows: length, broken: undefined }, "whoever knows both follows it all");
    const found = await after.list({ before: length + 1, subject: after.pseudonymsOf(memberId) }, 10);
    t.same(
      found.map(({ action }) => action.slice(10)),
      ["newest", "followed", "new", "old"],
    );
    t.equal(new Set(found.map(({ subject }) => subject)).size, 2, "under a name of each secret");
    t.match((await before.verify()).broken, { seq: length - 2, fault: "altered" });
    // Whoever has the old secret, for which it was changed, continues nothing with it.
    await record("forged", before);
    t.match((await after.verify()).broken, { seq: length + 1, fault: "altered" });
    await forge(`DELETE FROM auth.audit_trail WHERE seq > ${length}`);
    await forge("UPDATE auth.audit_trail SET outcome = 'x' WHERE seq = 3");
    t.match((await after.verify()).broken, { seq: 3, fault: "altered" }, "nor is the past open to it");
  },
);
