import assert from "node:assert/strict";
import { tombstoneOf } from "@kismet/bus";
import {
  type DomainService,
  type ErasureReceipt,
  type ErasureStatement,
  eraseMember,
} from "@kismet/contracts";
import { createReceiptSigner } from "@kismet/custody";
import { createDatabase } from "@kismet/database";
import { createParts, loadConfig } from "@kismet/service-kit";
import { answer, createWorld, environmentOf, eventually, MovedClock, newId } from "@kismet/testing";
import pg from "pg";
import t from "tap";
import { restoreAccount } from "../src/accounts/delete-account.ts";
import { Config } from "../src/config.ts";
import { beginErasures } from "../src/erasure/begin-erasures.ts";
import { takeDueErasures } from "../src/erasure/erasures-repository.ts";
import { liftLegalHolds, placeLegalHold } from "../src/erasure/legal-holds.ts";
import * as schema from "../src/schema.ts";
import { createDigests } from "../src/secrets/digests.ts";
import type { Tx } from "../src/storage.ts";
import { changeStanding } from "../src/standing/restrict-account.ts";
import {
  authSettings,
  call,
  hashSecret,
  holdAccount,
  mailText,
  mailsTo,
  newMember,
  patience,
  refresh,
  signup,
  startAuth,
  startMail,
  waitingForLocks,
} from "./auth-world.ts";

t.setTimeout(120_000);
const dayMs = 86_400_000;
const dueMs = 14 * dayMs + 60_000;

const [world, mail] = await Promise.all([createWorld(t, { realAuth: true }), startMail(t)]);

/** What another service answers: an honest receipt, or a version of it. */
type Answerer = (
  statement: ErasureStatement,
  signer: ReturnType<typeof createReceiptSigner>,
) => ErasureReceipt;
const honest: Answerer = (statement, signer) => signer.sign(statement);
const others = ["profile", "matching", "chat", "billing"] as const;
const answerers = new Map<DomainService, Answerer>();
const signers = new Map(others.map((name) => [name, createReceiptSigner(name, `the secret of ${name}`)]));
const asked: { service: string; memberId: string }[] = [];
await Promise.all(
  others.map((service) =>
    world.standIn(service, {
      answers: [
        answer(eraseMember(service), async ({ erasureId, memberId }) => {
          asked.push({ service, memberId });
          const now = new Date().toISOString();
          const signer = signers.get(service) ?? assert.fail();
          const statement: ErasureStatement = {
            ...{ version: 1, service, erasureId, member: tombstoneOf(memberId), begunAt: now, erasedAt: now },
            ...{ deleted: [], rewritten: [], kept: [] },
          };
          return (answerers.get(service) ?? honest)(statement, signer);
        }),
      ],
    }),
  ),
);

const clock = new MovedClock();
const auth = await startAuth(t, world, mail, { clock });
const parts = createParts("auth", loadConfig(Config, environmentOf(Config, authSettings(world, mail))), {
  clock,
});
const database = createDatabase(parts, schema);
await parts.lifecycle.start();
t.teardown(() => parts.lifecycle.stop());
const deps = { database, clock };

const leave = (token: string) =>
  call<{ subscription: { status: string } }>(auth, "DELETE", "/v1/auth/me", { token });
const erasureOf = async (memberId: string) => {
  const rows = await world.sql<{ attempts: number; completed_at: Date | null; receipts: string[] }>(
    `SELECT e.attempts, e.completed_at, ARRAY(SELECT service FROM auth.erasure_receipts r WHERE r.erasure_id = e.id
       ORDER BY service) AS receipts FROM auth.erasures e WHERE digest = $1`,
    [tombstoneOf(memberId)],
  );
  return rows[0];
};
/** However long it is postponed. */
const tryAgainNow = () =>
  world.sql("UPDATE auth.erasures SET next_attempt_at = '2020-01-01' WHERE completed_at IS NULL");
const completed = (memberId: string) =>
  eventually(async () => assert.ok((await erasureOf(memberId))?.completed_at), patience);

await t.test(
  "a legal hold keeps a deleted member until it is lifted; what has begun is not taken back",
  async (t) => {
    for (const service of others) answerers.set(service, () => assert.fail("it can't yet"));
    const [ann, ben, cat, stays] = await Promise.all(Array.from({ length: 4 }, () => newMember(auth, mail)));
    assert(ann && ben && cat && stays);
    const { memberId, accessToken: token } = ann.session;
    const deleted = await leave(token);
    t.equal(deleted.status, 202, "billing says nothing of it, and the member is hidden all the same");
    t.equal(
      deleted.body.subscription.status,
      "unknown",
      "but told that nobody could ask for the subscription",
    );
    await placeLegalHold(deps, { memberId, reason: "case 7", by: "operator" });
    for (const { session } of [ben, cat]) await leave(session.accessToken);
    t.equal(await beginErasures(deps), 0, "nobody before their time");
    // Cat comes back while somebody looks who is due: whoever has her account is waited for, or passed over.
    const back = await holdAccount(
      world,
      cat.session.memberId,
      `UPDATE auth.accounts SET status = 'active', erases_at = NULL WHERE member_id = '${cat.session.memberId}'`,
    );
    clock.move(dueMs);
    await eventually(async () => assert.ok(await erasureOf(ben.session.memberId)), patience);
    t.equal(await beginErasures(deps), 0);
    await back.commit();
    t.equal(await beginErasures(deps), 0);
    for (const { session } of [ann, cat, stays]) t.equal(await erasureOf(session.memberId), undefined);
    const begun = { code: "AUTH_ERASURE_BEGUN" };
    const late = { memberId: ben.session.memberId, reason: "too late", by: "operator" };
    await t.rejects(placeLegalHold(deps, late), begun);
    await t.rejects(restoreAccount(deps, ben.session.memberId), begun);
    t.equal(
      (await refresh(auth, ben.session.refreshToken)).status,
      401,
      "nobody writes anything more in her name",
    );
    t.equal(await liftLegalHolds(deps, { memberId, by: "operator" }), 1);
    await eventually(async () => assert.ok(await erasureOf(memberId)), patience);

    const holding = await holdAccount(
      world,
      stays.session.memberId,
      `INSERT INTO auth.erasures (id, member_id, digest, began_at) VALUES ('${newId()}', '${stays.session.memberId}', 'x', now())`,
    );
    const placed = t.rejects(placeLegalHold(deps, { ...late, memberId: stays.session.memberId }), begun);
    await waitingForLocks(world, 1);
    await holding.commit();
    await placed;
    await world.sql("DELETE FROM auth.erasures WHERE digest = 'x'");
  },
);

/** Whoever has said `kismet.gate` in their transaction waits here while they look through the accounts. */
async function gateOf(lock: number): Promise<{ open(): Promise<void> }> {
  await world.sql(
    `CREATE FUNCTION auth.pass_gate() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$ BEGIN
       IF current_setting('kismet.gate', true) = 'on' THEN PERFORM pg_advisory_xact_lock_shared(${lock}); END IF;
       RETURN true;
     END $$`,
  );
  await world.sql("CREATE POLICY gate ON auth.accounts USING (auth.pass_gate())");
  await world.sql("ALTER TABLE auth.accounts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY");
  const keeper = new pg.Client({ connectionString: world.databaseUrl("auth") });
  await keeper.connect();
  await keeper.query("SELECT pg_advisory_lock($1)", [lock]);
  return {
    async open() {
      await keeper.query("SELECT pg_advisory_unlock($1)", [lock]);
      await keeper.end();
      await world.sql("ALTER TABLE auth.accounts DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY");
      await world.sql("DROP POLICY gate ON auth.accounts");
    },
  };
}

await t.test(
  "a legal hold that is placed while somebody looks who is to be erased keeps the member; one that is there stops what has begun",
  async (t) => {
    const { memberId } = (await newMember(auth, mail)).session;
    // Due at a time that the service itself does not see.
    const farAhead = new MovedClock();
    farAhead.move(2_000 * dayMs);
    await world.sql(
      "UPDATE auth.accounts SET status = 'deleting', erases_at = now() + interval '1900 days' WHERE member_id = $1",
      [memberId],
    );
    const gated = {
      ...database,
      transaction: <T>(work: (tx: Tx) => Promise<T>) =>
        database.transaction(async (tx) => {
          await tx.execute("SELECT set_config('kismet.gate', 'on', true)");
          return work(tx);
        }),
    };
    const gate = await gateOf(71_993);
    const beginning = beginErasures({ database: gated, clock: farAhead });
    await waitingForLocks(world, 1);
    const hold = { memberId, reason: "case 8", by: "operator" };
    await placeLegalHold(deps, hold);
    await gate.open();
    t.equal(await beginning, 0, "what was looked up before is looked at again under the lock");
    t.equal(await erasureOf(memberId), undefined);

    // As one that nobody could place: it is begun, and held.
    await world.sql(
      "INSERT INTO auth.erasures (id, member_id, digest, began_at, next_attempt_at, attempts) VALUES ($1, $2, $3, now(), now(), 0)",
      [newId(), memberId, tombstoneOf(memberId)],
    );
    await eventually(async () => assert.ok(((await erasureOf(memberId))?.attempts ?? 0) > 0), patience);
    await tryAgainNow();
    await eventually(async () => assert.ok(((await erasureOf(memberId))?.attempts ?? 0) > 1), patience);
    t.same(
      asked.filter((each) => each.memberId === memberId),
      [],
      "nobody was asked to erase anything",
    );
    answerers.clear();
    await liftLegalHolds(deps, hold);
    await tryAgainNow();
    await completed(memberId);
  },
);

await t.test("an erasure that somebody has taken is nobody else's until the lease is over", async (t) => {
  const later = (minutes: number) => new Date(clock.now().getTime() + 1_000 * dayMs + minutes * 60_000);
  const id = newId();
  // Due at a time that the service itself does not see.
  await world.sql(
    `INSERT INTO auth.erasures (id, digest, began_at, next_attempt_at, attempts) VALUES ($1, 'leased', now(), $2, 0)`,
    [id, later(0)],
  );
  const take = async (now: Date) => {
    const taken = await database.transaction((tx) =>
      takeDueErasures(tx, now, new Date(now.getTime() + 120_000), 100),
    );
    return taken.filter((each) => each.id === id).length;
  };
  const both = await Promise.all([take(later(1)), take(later(1))]);
  t.same(both.sort(), [0, 1]);
  t.equal(await take(later(2)), 0);
  t.equal(await take(later(4)), 1, "who was taken and not finished is taken again");
  await world.sql("DELETE FROM auth.erasures WHERE digest = 'leased'");
});

await t.test("a receipt counts if it is of this erasure, and signed by the service as ever", async (t) => {
  const { session } = await newMember(auth, mail);
  const { memberId } = session;
  answerers.set("profile", (statement, signer) =>
    signer.sign({ ...statement, member: tombstoneOf(newId()) }),
  );
  answerers.set("matching", (statement, signer) => signer.sign({ ...statement, erasureId: newId() }));
  answerers.set("chat", (statement, signer) => signer.sign({ ...statement, service: "billing" }));
  answerers.set("billing", (statement, signer) => {
    const receipt = signer.sign(statement);
    return { ...receipt, statement: receipt.statement.replace('"deleted":[]', '"deleted":[ ]') };
  });
  await leave(session.accessToken);
  clock.move(dueMs);
  // Postponed once is answered once by all.
  await eventually(async () => assert.equal((await erasureOf(memberId))?.attempts, 1), patience);
  await eventually(() => {
    assert.equal(asked.filter((each) => each.memberId === memberId).length, others.length);
  }, patience);
  answerers.clear();
  await tryAgainNow();
  await eventually(async () => assert.ok(((await erasureOf(memberId))?.attempts ?? 0) >= 2), patience);
  await completed(memberId);
  const [saved] = await world.sql<{ n: number }>(
    `SELECT count(*)::int AS n FROM auth.erasure_receipts r JOIN auth.erasures e ON e.id = r.erasure_id
     WHERE e.digest = $1 AND r.statement LIKE '%' || e.id || '%' AND r.statement LIKE '%' || e.digest || '%'
       AND r.statement LIKE '%"service":"' || r.service || '"%' AND r.statement NOT LIKE '%[ ]%'`,
    [tombstoneOf(memberId)],
  );
  t.equal(saved?.n, 5, "none of the others was kept");

  const other = (await newMember(auth, mail)).session;
  answerers.set("chat", (statement) =>
    createReceiptSigner("chat", "another secret than before").sign(statement),
  );
  await leave(other.accessToken);
  clock.move(dueMs);
  await eventually(async () => {
    assert.deepEqual((await erasureOf(other.memberId))?.receipts, ["billing", "matching", "profile"]);
  }, patience);
  const before = asked.length;
  await tryAgainNow();
  await eventually(() => assert.ok(asked.length > before), patience);
  t.equal(
    (await erasureOf(other.memberId))?.completed_at,
    null,
    "with a key that nobody has seen it is nobody's",
  );
  t.ok(
    asked.slice(before).every((each) => each.memberId !== other.memberId || each.service === "chat"),
    "who has answered is not asked again",
  );
  answerers.clear();
  await tryAgainNow();
  await completed(other.memberId);
});

await t.test(
  "a banned member who was erased is known by the mailbox, whatever its tag, and is not told",
  async (t) => {
    const { session } = await newMember(auth, mail);
    const { memberId } = session;
    const [{ email } = { email: "" }] = await world.sql<{ email: string }>(
      "SELECT email FROM auth.accounts WHERE member_id = $1",
      [memberId],
    );
    const digests = createDigests(hashSecret);
    const letterbox = { post: async () => undefined };
    const operator = { memberId: null, isAdmin: true };
    await changeStanding(
      { ...deps, digests, letterbox },
      memberId,
      { action: "ban", reason: "scam" },
      operator,
    );
    await leave(session.accessToken);
    clock.move(dueMs);
    await completed(memberId);
    t.same(await world.sql("SELECT 1 FROM auth.accounts WHERE member_id = $1", [memberId]), []);
    t.equal(
      (await world.sql("SELECT 1 FROM auth.ban_marks")).length,
      1,
      "the mark has outlasted the account",
    );
    const alias = email.replace("@", "+again@");
    for (const address of [alias, email]) {
      const [known, unknown] = [await signup(auth, address), await signup(auth, `x${newId()}@mail.test`)];
      t.same([known.status, known.body], [unknown.status, unknown.body]);
    }
    await eventually(
      async () => assert.deepEqual(await world.sql("SELECT 1 FROM auth.letters"), []),
      patience,
    );
    t.same(await mailsTo(mail, alias), []);
    t.same(await world.sql("SELECT 1 FROM auth.accounts WHERE email = ANY($1)", [[alias, email]]), []);
  },
);

await t.test(
  "an archive that can't be made within a day is given up, and its member is told once",
  async (t) => {
    const world = await createWorld(t, { realAuth: true });
    const mail = await startMail(t);
    const auth = await startAuth(t, world, mail);
    const { email, session } = await newMember(auth, mail);
    await world.sql("UPDATE auth.accounts SET locale = 'de' WHERE member_id = $1", [session.memberId]);
    const asked = await call(auth, "POST", "/v1/auth/me/export", { token: session.accessToken });
    t.equal(asked.status, 202);
    const exports = () =>
      world.sql<{ attempts: number; next_attempt_at: string | null }>("SELECT * FROM auth.exports");
    await eventually(async () => assert((await exports()).every(({ attempts }) => attempts > 0)), patience);
    t.not((await exports())[0]?.next_attempt_at, null, "the others are away: it is tried again");
    auth.clock.move(dayMs + 60_000);
    t.match(await mailText(mail, email, 2), /Archiv.*konnten es nicht erstellen/s);
    t.equal((await exports())[0]?.next_attempt_at, null);
    const [left] = await world.sql<{ n: number }>("SELECT count(*)::int AS n FROM auth.export_chunks");
    t.equal(left?.n, 0);
  },
);
