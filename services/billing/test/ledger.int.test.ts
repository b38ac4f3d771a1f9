import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Consumable, RefundConsumable, SpendConsumable } from "@kismet/contracts";
import { createWorld, environmentOf, MovedClock, newId } from "@kismet/testing";
import t, { test } from "tap";
import { createDatabase } from "@kismet/database";
import { createParts, loadConfig, PublicError, retry } from "@kismet/service-kit";
import { Config } from "../src/config.ts";
import { findLedgerFaults } from "../src/ledger/check-ledger-repository.ts";
import * as schema from "../src/schema.ts";
import { countRows, newMember, startBilling, type TestMember } from "./billing-world.ts";

t.setTimeout(120_000);

const dayMs = 86_400_000;
const seed = Number(process.env["KISMET_TEST_SEED"] ?? Date.now() % 1_000_000);

const world = await createWorld(t);
const clock = new MovedClock();
const one = await startBilling(t, world, { clock });
/** Requests over NATS go to either instance. */
await startBilling(t, world, { clock });
const { bus } = await world.standIn("matching");

const environment = environmentOf(Config, world.settings("billing"));
const parts = createParts("billing", loadConfig(Config, environment), { clock });
const database = createDatabase(parts, schema);
await parts.lifecycle.start();
t.teardown(() => parts.lifecycle.stop());
const faults = () => findLedgerFaults(database.read, clock.now());

const spend = (memberId: string, key = newId(), consumable: Consumable = "superlikes") =>
  persistently(() => bus.request(SpendConsumable, { memberId, consumable, key }));
const refund = (memberId: string, key: string) =>
  persistently(() => bus.request(RefundConsumable, { memberId, key }));

/** As callers do, who can't know whether an answer that is late was lost. */
function persistently<T>(ask: () => Promise<T>): Promise<T> {
  const shouldRetry = (error: unknown) => error instanceof PublicError && error.status >= 500;
  return retry(ask, { attempts: 10, baseMs: 50, maxMs: 500, shouldRetry });
}

/** How each of some attempts ended: with the balance it answered, or the code of its error. */
async function outcomes(attempts: Promise<{ balance: number }>[]): Promise<(number | string)[]> {
  const results = await Promise.allSettled(attempts);
  return results.map((result) =>
    result.status === "fulfilled" ? result.value.balance : (result.reason as { code: string }).code,
  );
}

const balanceOf = async (member: TestMember) => (await member.entitlements()).balances.superlikes;

test("fifty spends at once of ten super likes, at two instances: ten succeed", async (t) => {
  const uma = newMember(world, one);
  await Promise.all([uma.buy("superlikes_5"), uma.buy("superlikes_5")]);
  const ended = await outcomes(Array.from({ length: 50 }, () => spend(uma.memberId)));
  const balances = ended.filter((each) => typeof each === "number").sort((a, b) => a - b);
  t.same(balances, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "each of the ten was told another balance");
  t.equal(ended.filter((each) => each === "BILLING_BALANCE_INSUFFICIENT").length, 40);
  t.match(await uma.entitlements(), { balances: { superlikes: 0 }, version: 12 });
  t.same(await faults(), []);
});

test("one key spends once and refunds once, however many ask at the same moment", async (t) => {
  const vera = newMember(world, one);
  await vera.buy("superlikes_5");
  const key = newId();
  const spent = await outcomes(Array.from({ length: 20 }, () => spend(vera.memberId, key)));
  t.ok(spent.every((balance) => balance === 4));
  t.equal(await balanceOf(vera), 4);
  t.same(await outcomes([spend(vera.memberId, key, "boosts")]), ["BILLING_SPEND_KEY_REUSED"]);
  const back = await outcomes(Array.from({ length: 20 }, () => refund(vera.memberId, key)));
  t.ok(back.every((balance) => balance === 5));
  t.equal(await balanceOf(vera), 5);
  t.same(await outcomes([spend(vera.memberId, key)]), ["BILLING_SPEND_REFUNDED"], "a key is not spent anew");

  const stranger = newMember(world, one);
  t.same(
    await outcomes([spend(stranger.memberId, key)]),
    ["BILLING_BALANCE_INSUFFICIENT"],
    "keys are per member",
  );
  t.same(await faults(), []);
});

test("a refund that overtakes its spend makes the spend refused, also when both come at once", async (t) => {
  const wim = newMember(world, one);
  await wim.buy("superlikes_25");
  const early = newId();
  t.same(await outcomes([refund(wim.memberId, early), refund(wim.memberId, early)]), [0, 0]);
  t.same(await outcomes([spend(wim.memberId, early)]), ["BILLING_SPEND_REFUNDED"]);
  t.equal(await balanceOf(wim), 25);
  const keys = Array.from({ length: 20 }, () => newId());
  const [, ...refunds] = await Promise.all([
    outcomes(keys.map((key) => spend(wim.memberId, key))),
    ...keys.map((key) => outcomes([refund(wim.memberId, key)])),
  ]);
  t.same(
    refunds.flat().filter((each) => typeof each === "string"),
    [],
  );
  t.equal(await balanceOf(wim), 25, "whichever came first");
  t.same(await faults(), []);
});

test("what ends soonest is spent first, and what was refunded after its end is gone", async (t) => {
  const xena = newMember(world, one);
  await xena.buy("superlikes_5");
  await xena.buy("plus_month");
  await xena.post("subscription/cancel");
  const keys = Array.from({ length: 6 }, () => newId());
  for (const key of keys) await spend(xena.memberId, key);
  t.equal(await balanceOf(xena), 4, "five that came with the tier, and one that was bought");
  clock.move(31 * dayMs);
  t.equal(await balanceOf(xena), 4, "none was left to end");
  await refund(xena.memberId, keys[0] ?? "");
  t.equal(await balanceOf(xena), 4, "it came with the tier, which is over");
  await refund(xena.memberId, keys[5] ?? "");
  t.equal(await balanceOf(xena), 5, "it was bought");
  t.same(await faults(), []);
});

test(`the books balance after any sequence of operations (KISMET_TEST_SEED=${seed})`, async (t) => {
  const random = seeded(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const members = [newMember(world, one), newMember(world, one), newMember(world, one)];
  /** What is sure: what was bought, and the keys that were spent from it. */
  const nothing = { bought: 0, keys: [] as string[] };
  const known = new Map(members.map((member) => [member, { bought: 0, keys: [] as string[] }]));
  const operations = {
    async buy(member: TestMember) {
      await member.buy("superlikes_5");
      (known.get(member) ?? nothing).bought += 5;
    },
    async spendMany(member: TestMember) {
      const { keys } = known.get(member) ?? nothing;
      const fresh = Array.from({ length: 1 + Math.floor(random() * 6) }, () => newId());
      const balance = await balanceOf(member);
      const ended = await outcomes(
        fresh.flatMap((key) => [spend(member.memberId, key), spend(member.memberId, key)]),
      );
      const spent = fresh.filter(
        (_, i) => typeof ended[2 * i] === "number" || typeof ended[2 * i + 1] === "number",
      );
      // What a subscription brings with its next period may come in between; what was too much, the books show.
      t.ok(spent.length >= Math.min(balance, fresh.length), `${spent.length} of ${balance} were spent`);
      keys.push(...spent);
    },
    async refundMany(member: TestMember) {
      const { keys } = known.get(member) ?? nothing;
      const some = keys.splice(0, Math.floor(random() * 4));
      await outcomes(some.flatMap((key) => [refund(member.memberId, key), refund(member.memberId, key)]));
    },
    async refundNothing(member: TestMember) {
      const key = newId();
      await outcomes([refund(member.memberId, key), spend(member.memberId, key)]);
      await outcomes([refund(member.memberId, key)]);
    },
    async subscribe(member: TestMember) {
      const opened = await member.checkout(pick(["plus_month", "gold_month"]));
      if (opened.status === 201) await member.pay(opened.body.redirectUrl);
    },
    async cancel(member: TestMember) {
      await member.post(pick(["subscription/cancel", "subscription/resume"]));
    },
    async wait() {
      clock.move(pick([1, 9, 31]) * dayMs);
    },
  };
  for (let step = 0; step < 60; step += 1) {
    const name = pick(Object.keys(operations) as (keyof typeof operations)[]);
    await operations[name](pick(members));
  }
  clock.move(40 * dayMs);
  for (const member of members) await member.post("subscription/cancel");
  clock.move(40 * dayMs);
  for (const member of members) {
    const view = await member.entitlements();
    t.equal(view.tier, "free", "everything paid for is over");
    const { bought, keys } = known.get(member) ?? nothing;
    const left = view.balances.superlikes;
    t.ok(left <= bought && left >= bought - keys.length, `${left} of ${bought} with ${keys.length} spent`);
  }
  t.same(await faults(), []);
});

test("the database itself refuses books that do not balance, or that are changed", async (t) => {
  const client = await database.pool.connect();
  t.teardown(() => client.release(true));
  const [grant] = await world.sql<{ id: string }>("SELECT id FROM billing.grants LIMIT 1");
  const attempt = async (...entries: [account: string, unit: string, amount: number][]) => {
    const id = newId();
    await client.query("BEGIN");
    await client.query("INSERT INTO billing.ledger_transactions VALUES ($1, 'grant', $2, $3, now())", [
      id,
      `test:${id}`,
      newId(),
    ]);
    for (const [account, unit, amount] of entries) {
      await client.query(
        `INSERT INTO billing.ledger_entries (transaction_id, account, unit, amount, grant_id)
         VALUES ($1, $2, $3, $4, $5)`,
        [id, account, unit, amount, account === "member" ? grant?.id : null],
      );
    }
    await client.query("COMMIT");
  };
  const unbalanced = /ledger transaction .* does not balance/;
  await t.rejects(attempt(), unbalanced, "without entries");
  await t.rejects(attempt(["issued", "boosts", 0]), unbalanced, "with one");
  await t.rejects(attempt(["issued", "boosts", -5], ["spent", "boosts", 4]), unbalanced);
  await t.rejects(attempt(["issued", "boosts", -5], ["spent", "superlikes", 5]), unbalanced, "across units");
  await t.resolves(attempt(["issued", "boosts", -5], ["spent", "boosts", 5]));
  const old = "SELECT id FROM billing.ledger_transactions LIMIT 1";
  const late = `INSERT INTO billing.ledger_entries (transaction_id, account, unit, amount) VALUES ((${old}), 'spent', 'EUR', 1)`;
  await t.rejects(client.query(late), unbalanced, "afterwards");
  for (const change of [
    "UPDATE billing.ledger_entries SET amount = 0",
    "DELETE FROM billing.ledger_entries",
    "UPDATE billing.ledger_transactions SET kind = 'spend'",
    "TRUNCATE billing.ledger_transactions CASCADE",
  ]) {
    await t.rejects(client.query(change), /only ever added to/, change);
  }
  await t.rejects(client.query("UPDATE billing.grants SET remaining = -1"), /grants_remaining/);
});

test("a command checks the books, and finds what is wrong in them", async (t) => {
  const check = async () => {
    const script = fileURLToPath(new URL("../src/check-ledger-main.ts", import.meta.url));
    const child = spawn(process.execPath, [script], { env: { PATH: process.env["PATH"], ...environment } });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    const [code] = (await once(child, "close")) as [number];
    return { code, log: Buffer.concat(chunks).toString() };
  };
  t.match(await check(), { code: 0, log: /the ledger balances/ });
  await world.sql(
    "UPDATE billing.grants SET remaining = remaining - 1 WHERE id = (SELECT id FROM billing.grants WHERE remaining > 0 LIMIT 1)",
  );
  const found = await check();
  t.equal(found.code, 1);
  t.match(found.log, /what remains of a grant is the sum of its entries/);
});

test("A24 what is read often is read by an index", async (t) => {
  await world.sql(`
    INSERT INTO billing.grants (id, member_id, consumable, quantity, remaining, granted_at, expires_at)
    SELECT gen_random_uuid(), md5((n % 5000)::text)::uuid, 'superlikes', 5, n % 3, now(),
           CASE WHEN n % 2 = 0 THEN now() + interval '9 days' END FROM generate_series(1, 20000) n`);
  await world.sql(`
    INSERT INTO billing.entitlements (member_id, changes_at)
    SELECT md5(n::text)::uuid, now() + n * interval '1 minute' FROM generate_series(1, 20000) n`);
  await world.sql("ANALYZE billing.grants, billing.entitlements");
  const member = `'${newId()}'`;
  for (const [query, index] of [
    [`SELECT * FROM billing.entitlements WHERE member_id = ${member} FOR UPDATE`, "entitlements_pkey"],
    [
      `SELECT id FROM billing.grants WHERE member_id = ${member} AND consumable = 'superlikes' AND remaining > 0
       AND (expires_at IS NULL OR expires_at > now()) ORDER BY expires_at NULLS LAST, id LIMIT 1`,
      "grants_left",
    ],
    [
      `SELECT consumable, sum(remaining) FROM billing.grants WHERE member_id = ${member} AND remaining > 0
       GROUP BY consumable`,
      "grants_left",
    ],
    [
      "SELECT member_id FROM billing.entitlements WHERE changes_at <= now() ORDER BY changes_at LIMIT 100",
      "entitlements_changing",
    ],
  ] as const) {
    const rows = await world.sql<{ "QUERY PLAN": string }>(`EXPLAIN ${query}`);
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    t.ok(plan.includes(index) && !plan.includes("Seq Scan"), plan);
  }
  t.ok((await countRows(world, "grants")) > 20_000);
});

/** mulberry32: small, and the same everywhere. */
function seeded(state: number): () => number {
  let a = state >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let x = Math.imul(a ^ (a >>> 15), 1 | a);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4_294_967_296;
  };
}
