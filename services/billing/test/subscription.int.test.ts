import { randomUUIDv7 } from "node:crypto";
import { tombstoneOf } from "@kismet/bus";
import { type Entitlements, eraseMember, SpendConsumable, type Subscription } from "@kismet/contracts";
import { createWorld, eventually, MovedClock, newId, type World } from "@kismet/testing";
import t, { test } from "tap";
import { signBody } from "@kismet/service-kit";
import { signatureHeader } from "../src/sandbox/sandbox-protocol.ts";
import {
  call,
  countRows,
  newMember,
  nowhere,
  patience,
  startBilling,
  type TestMember,
  webhookSecret,
} from "./billing-world.ts";

t.setTimeout(120_000);

const dayMs = 86_400_000;

const world = await createWorld(t);
/** Its sandbox sends webhooks nowhere: those of the test are the only ones. */
const deaf = await startBilling(t, world, { sandboxWebhookUrl: nowhere, webhookPatienceMs: 3_600_000 });

type Webhook = { id?: string; type?: string; merchantRef?: string; subscription?: string };

function send(
  news: Webhook,
  { at = deaf.clock.now(), secret = webhookSecret, tamper = (body: string) => body } = {},
) {
  const webhook = { id: randomUUIDv7(), type: "checkout.paid", createdAt: at.toISOString(), ...news };
  const body = JSON.stringify(webhook);
  return call<{ received: true }>(`${deaf.url}/v1/billing/webhooks/sandbox`, {
    method: "POST",
    headers: { [signatureHeader]: signBody(secret, body, at) },
    body: tamper(body),
  });
}

async function payUnheard(member: TestMember, productId: string): Promise<string> {
  const { checkoutId, redirectUrl } = (await member.checkout(productId)).body;
  await member.pay(redirectUrl);
  return checkoutId;
}

async function settled(member: TestMember, checkoutId: string): Promise<Entitlements> {
  return eventually(async () => {
    if ((await member.readCheckout(checkoutId)).body.status !== "paid") throw new Error("not yet");
    return member.entitlements();
  }, patience);
}

async function processed(): Promise<void> {
  await eventually(async () => {
    const waiting = await countRows(world, "webhook_events", "next_attempt_at IS NOT NULL");
    if (waiting > 0) throw new Error(`${waiting} webhooks wait`);
  }, patience);
}

test("a webhook that is forged, altered, old, or from the future is refused and leaves nothing", async (t) => {
  const kira = newMember(world, deaf);
  const merchantRef = await payUnheard(kira, "superlikes_5");
  const before = await countRows(world, "webhook_events");
  const refused = { status: 400, body: { code: "BILLING_WEBHOOK_REFUSED" } };
  const minutes = (n: number) => new Date(deaf.clock.now().getTime() + n * 60_000);
  t.match(await send({ merchantRef }, { secret: "another secret of somebody else, who guesses" }), refused);
  t.match(await send({ merchantRef }, { tamper: (body) => `${body} ` }), refused, "one byte more");
  t.match(await send({ merchantRef }, { at: minutes(-6) }), refused);
  t.match(await send({ merchantRef }, { at: minutes(6) }), refused);
  const url = `${deaf.url}/v1/billing/webhooks/sandbox`;
  const unsigned = { id: newId(), type: "checkout.paid", createdAt: minutes(0).toISOString(), merchantRef };
  t.match(await call(url, { method: "POST", body: unsigned }), refused);
  t.equal((await call(url, { method: "POST", body: { ...unsigned, more: 1 } })).status, 400);
  t.equal(await countRows(world, "webhook_events"), before);
  t.match((await kira.entitlements()).balances, { superlikes: 0 });

  t.match(await send({ merchantRef }, { at: minutes(-4) }), { status: 200, body: { received: true } });
  t.match((await settled(kira, merchantRef)).balances, { superlikes: 5 });
});

test("a webhook that is replayed, doubled at once, or early has the effect of one", async (t) => {
  const leo = newMember(world, deaf);
  const merchantRef = await payUnheard(leo, "superlikes_5");
  const id = randomUUIDv7();
  const before = await countRows(world, "webhook_events");
  const answers = await Promise.all(Array.from({ length: 20 }, () => send({ id, merchantRef })));
  t.ok(answers.every(({ status }) => status === 200));
  await settled(leo, merchantRef);
  t.equal((await send({ id, merchantRef })).status, 200, "later again");
  await Promise.all(Array.from({ length: 10 }, () => send({ merchantRef })));
  await processed();
  t.equal(await countRows(world, "webhook_events"), before + 11, "each event is recorded once");
  t.match(await leo.entitlements(), { balances: { superlikes: 5 }, version: 1 });
  t.equal(
    await countRows(world, "ledger_transactions", "member_id = $1", [leo.memberId]),
    2,
    "payment, grant",
  );

  const mia = newMember(world, deaf);
  const unpaid = (await mia.checkout("superlikes_5")).body;
  await send({ merchantRef: unpaid.checkoutId });
  await processed();
  t.match(
    (await mia.readCheckout(unpaid.checkoutId)).body,
    { status: "open" },
    "the word of a webhook is not enough",
  );
});

test("webhooks in the wrong order, and about what nobody knows, do no harm", async (t) => {
  const nils = newMember(world, deaf);
  const merchantRef = await payUnheard(nils, "plus_month");
  const [row] = await world.sql<{ ref: string }>(
    "SELECT subscription_ref AS ref FROM billing.sandbox_checkouts WHERE merchant_ref = $1",
    [merchantRef],
  );
  const subscription = row?.ref ?? "";
  t.equal((await send({ type: "subscription.changed", subscription })).status, 200);
  await processed();
  t.match(await nils.entitlements(), { tier: "free" }, "its checkout is still to come");
  await send({ merchantRef });
  t.match(await settled(nils, merchantRef), { tier: "plus", version: 1 });
  await send({ type: "checkout.closed", merchantRef });
  t.equal((await send({ merchantRef: newId() })).status, 200);
  t.equal((await send({ type: "subscription.changed", subscription: "sub_unknown" })).status, 200);
  await processed();
  t.match(await nils.entitlements(), { tier: "plus", version: 1 });
});

test("what was paid and never told is found by reconciliation, by whichever instance is left", async (t) => {
  const lost = await createWorld(t);
  const clock = new MovedClock();
  const settings = { clock, sandboxWebhookUrl: nowhere, webhookPatienceMs: 60_000 };
  const crashed = await startBilling(t, lost, settings);
  const omar = newMember(lost, crashed);
  const pack = await payUnheard(omar, "boosts_5");
  const tier = await payUnheard(omar, "gold_month");
  await crashed.stop();

  const next = await startBilling(t, lost, settings);
  const other = await startBilling(t, lost, settings);
  t.match(await omar.at(next).entitlements(), { tier: "free", version: 0 });
  clock.move(61_000);
  await settled(omar.at(next), pack);
  await settled(omar.at(other), tier);
  t.match(await omar.at(other).entitlements(), { tier: "gold", balances: { boosts: 6, superlikes: 10 } });
});

test("late, doubled and disordered webhooks, at two instances, come to the same", async (t) => {
  const unruly = await createWorld(t);
  const one = await startBilling(t, unruly, { sandboxUnruly: true });
  const two = await startBilling(t, unruly, { sandboxUnruly: true });
  const pia = newMember(unruly, one);
  await Promise.all([
    ...Array.from({ length: 4 }, () => pia.buy("superlikes_5")),
    ...Array.from({ length: 4 }, () => pia.at(two).buy("boosts_1")),
    pia.at(two).buy("plus_month"),
  ]);
  t.match(await pia.entitlements(), { tier: "plus", balances: { superlikes: 25, boosts: 4 } });
  t.equal(await countRows(unruly, "ledger_transactions", "kind = 'payment'"), 9);
  await eventually(async () => {
    const unsent = await countRows(unruly, "sandbox_deliveries", "next_attempt_at IS NOT NULL");
    if (unsent > 0) throw new Error("not all are delivered");
  }, patience);
  t.equal(await countRows(unruly, "webhook_events"), await countRows(unruly, "sandbox_deliveries"));
});

test("a subscription is cancelled, resumed, and ends with its period although nobody says so", async (t) => {
  const ending = await createWorld(t);
  const billing = await startBilling(t, ending, { upkeepMs: 600_000 });
  const rosa = newMember(ending, billing);
  t.match(await rosa.post("subscription/cancel"), {
    status: 404,
    body: { code: "BILLING_SUBSCRIPTION_NOT_FOUND" },
  });
  await rosa.buy("superlikes_5");
  await rosa.buy("plus_month");
  const running = (await rosa.get<Subscription>("subscription")).body;
  const before = await rosa.entitlements();
  t.equal(before.balances.superlikes, 10);

  const cancelled = await rosa.post<Subscription>("subscription/cancel");
  t.match(cancelled, { status: 200, body: { ...running, cancelAtPeriodEnd: true } });
  t.same((await rosa.post("subscription/cancel")).body, cancelled.body, "twice is once");
  t.match(await rosa.entitlements(), { tier: "plus", validUntil: running.periodEndsAt });
  t.match((await rosa.post("subscription/resume")).body, { cancelAtPeriodEnd: false });
  t.match(await rosa.entitlements(), { tier: "plus", validUntil: before.validUntil });
  const both = await Promise.all([rosa.post("subscription/cancel"), rosa.post("subscription/cancel")]);
  t.same(
    both.map(({ status }) => status),
    [200, 200],
  );
  const last = await rosa.entitlements();

  billing.clock.moveTo(new Date(running.periodEndsAt));
  const ended = await rosa.entitlements();
  t.match(ended, { tier: "free", validUntil: null, version: last.version + 1 }, "at that very moment");
  t.equal(ended.features.unlimitedLikes, false);
  t.equal(ended.balances.superlikes, 5, "what came with the tier went with it, what was bought stays");
  t.same(await rosa.entitlements(), ended, "a version stands for one view");
  t.equal((await rosa.get("subscription")).status, 404);
  t.equal((await rosa.post("subscription/resume")).status, 404);
  await rosa.buy("gold_month");
  t.match(await rosa.entitlements(), { tier: "gold" });
});

const told = (from: World, memberId: string) =>
  from.sql<{ payload: Entitlements }>(
    "SELECT payload FROM billing.outbox WHERE aggregate_id = $1 ORDER BY id",
    [memberId],
  );

test("the end of a tier is told although nobody reads it and the provider is silent for good", async (t) => {
  const ending = await createWorld(t);
  const clock = new MovedClock();
  const heard = await startBilling(t, ending, { clock });
  const sven = newMember(ending, heard);
  await sven.buy("plus_month");
  await sven.post("subscription/cancel");
  await heard.stop();
  await ending.sql("UPDATE billing.webhook_events SET next_attempt_at = NULL");
  await ending.sql("UPDATE billing.subscriptions SET reconcile_at = NULL");
  await startBilling(t, ending, { clock, sandboxWebhookUrl: nowhere });
  clock.move(30 * dayMs + 1_000);
  await eventually(async () => {
    const [latest] = (await told(ending, sven.memberId)).slice(-1);
    if (latest?.payload.tier !== "free") throw new Error("not told yet");
    t.match(latest.payload, { validUntil: null, balances: { superlikes: 0 } });
  }, patience);
});

test("a renewal leaves no gap, at two instances", async (t) => {
  const running = await createWorld(t);
  const one = await startBilling(t, running);
  await startBilling(t, running, { clock: one.clock });
  const tara = newMember(running, one);
  await tara.buy("plus_month");
  one.clock.move(30 * dayMs + 1_000);
  await eventually(async () => {
    const { body } = await tara.get<Subscription>("subscription");
    if (new Date(body.periodEndsAt) < one.clock.now()) throw new Error("not renewed yet");
  }, patience);
  const views = (await told(running, tara.memberId)).map(({ payload }) => payload);
  t.ok(
    views.every(({ tier }) => tier === "plus"),
    "never without the tier in between",
  );
  t.same(
    views.map(({ version }) => version),
    views.map((_, i) => i + 1),
  );
  t.equal((await tara.entitlements()).balances.superlikes, 5, "new ones, and the old ones gone");
  const paid = "kind = 'payment' AND member_id = $1";
  t.equal(await countRows(running, "ledger_transactions", paid, [tara.memberId]), 2, "each month was paid");
});

test("an erasure leaves nothing that could take money, and the books, of nobody any more", async (t) => {
  const auth = await world.standIn("auth");
  const erase = (memberId: string) =>
    auth.bus.request(eraseMember("billing"), { erasureId: newId(), memberId });
  const [uma, vera] = [newMember(world, deaf), newMember(world, deaf)];
  for (const member of [uma, vera]) {
    const merchantRef = await payUnheard(member, "plus_month");
    await send({ merchantRef });
    await settled(member, merchantRef);
  }
  const { redirectUrl } = (await uma.checkout("boosts_1")).body;
  const booked = (memberId: string) =>
    countRows(world, "ledger_transactions", "member_id = $1 OR position($1::text IN key) > 0", [memberId]);
  const [before, all] = [await booked(uma.memberId), await countRows(world, "ledger_transactions")];
  t.ok(before > 0);
  const renewing = () => countRows(world, "sandbox_subscriptions", "NOT cancel_at_period_end");
  const running = await renewing();

  await erase(uma.memberId);
  t.equal(await renewing(), running - 1, "the subscription that was running ends");
  t.not((await uma.pay(redirectUrl)).status, 200, "the page that was open is closed");
  t.equal(await booked(uma.memberId), 0);
  t.equal(await countRows(world, "ledger_transactions"), all, "what was booked stays booked");
  const gone = { code: "BILLING_MEMBER_ERASED" };
  const late = { memberId: uma.memberId, consumable: "boosts", key: newId() } as const;
  await t.rejects(auth.bus.request(SpendConsumable, late), gone);
  t.equal(await countRows(world, "entitlements", "member_id = $1", [uma.memberId]), 0, "not made again");

  const refused = { message: /the ledger is only ever added to/ };
  const rewrite = (set: string, memberId: string) =>
    world.sql(`UPDATE billing.ledger_transactions SET ${set} WHERE member_id = $1`, [memberId]);
  const pseudonym = "member_id = '00000000-0000-4000-8000-000000000001'";
  await t.rejects(rewrite(pseudonym, vera.memberId), refused, "nobody loses their books who is not erased");
  await world.sql("INSERT INTO billing.tombstones (digest, erasure_id) VALUES ($1, gen_random_uuid())", [
    tombstoneOf(vera.memberId),
  ]);
  await t.rejects(rewrite("occurred_at = now()", vera.memberId), refused, "nor is anything else rewritten");
  await t.rejects(rewrite(`${pseudonym}, kind = 'refund'`, vera.memberId), refused);
  await t.rejects(
    world.sql("DELETE FROM billing.ledger_transactions WHERE member_id = $1", [vera.memberId]),
    refused,
  );
});
