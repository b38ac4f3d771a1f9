import { randomUUID } from "node:crypto";
import { type Catalogue, EntitlementChanged, GetEntitlements, type Subscription } from "@kismet/contracts";
import { createWorld, eventually, newId, routesWithIds } from "@kismet/testing";
import t, { test } from "tap";
import { call, countRows, newMember, patience, publicUrl, startBilling } from "./billing-world.ts";

t.setTimeout(120_000);

const world = await createWorld(t);
const one = await startBilling(t, world);
const two = await startBilling(t, world, { clock: one.clock });

test("a tier is bought at the sandbox, and everybody is told", async (t) => {
  const catalogue = await call<Catalogue>(`${one.url}/v1/billing/catalogue`);
  t.equal(catalogue.status, 200, "in public");
  t.same(catalogue.body.providers, ["sandbox"]);

  const anna = newMember(world, one);
  t.match(await anna.entitlements(), { tier: "free", version: 0, validUntil: null });
  const opened = await anna.checkout("plus_month");
  t.equal(opened.status, 201);
  t.equal(opened.body.status, "open");
  t.ok(opened.body.redirectUrl.startsWith(`${publicUrl}/v1/billing/sandbox/checkouts/`));
  const page = await call(opened.body.redirectUrl.replace(publicUrl, two.url));
  t.match(page.body, { description: "plus_month", price: { amount: 999, currency: "USD" }, status: "open" });
  t.match(await anna.pay(opened.body.redirectUrl), { status: 200, body: { status: "paid" } });
  t.match(await anna.pay(opened.body.redirectUrl), { status: 200, body: { status: "paid" } }, "paid once");

  const view = await eventually(async () => {
    const found = await anna.at(two).entitlements();
    if (found.tier !== "plus") throw new Error("not yet");
    return found;
  }, patience);
  t.match(view, {
    features: { unlimitedLikes: true, seeLikes: false },
    balances: { boosts: 0, superlikes: 5 },
    version: 1,
  });
  t.match((await anna.readCheckout(opened.body.checkoutId)).body, { status: "paid", redirectUrl: null });
  t.match((await anna.get<Subscription>("subscription")).body, { tier: "plus", cancelAtPeriodEnd: false });

  const matching = await world.standIn("matching");
  t.same(await matching.bus.request(GetEntitlements, { memberId: anna.memberId }), view);
  const told = await eventually(async () => {
    const [row] = await world.sql<{ payload: unknown }>(
      "SELECT payload FROM billing.outbox WHERE aggregate_id = $1 AND subject = $2 AND published_at IS NOT NULL",
      [anna.memberId, EntitlementChanged.subject],
    );
    if (!row) throw new Error("not yet");
    return row.payload;
  }, patience);
  t.same(told, { memberId: anna.memberId, ...view });
});

test("A27 the same request under the same key has the same answer, another request is refused", async (t) => {
  const ben = newMember(world, one);
  const key = randomUUID();
  const first = await ben.checkout("superlikes_5", key);
  t.equal(first.status, 201);
  t.same(await ben.checkout("superlikes_5", key), first);
  const reordered = `{ "provider": "sandbox", "productId": "superlikes_5" }`;
  t.same(await ben.at(two).post("checkout", { key, body: reordered }), first);
  t.match(await ben.checkout("boosts_1", key), {
    status: 422,
    body: { code: "BILLING_IDEMPOTENCY_KEY_REUSED" },
  });
  const elsewhere = { productId: "superlikes_5", provider: "sandbox", country: "DE" };
  t.match(await ben.post("checkout", { key, body: elsewhere }), { status: 422 });

  const carla = newMember(world, one);
  const hers = await carla.checkout("superlikes_5", key);
  t.equal(hers.status, 201, "a key belongs to its member");
  t.not(hers.body.checkoutId, first.body.checkoutId);

  await ben.pay(first.body.redirectUrl);
  await eventually(async () => {
    if ((await ben.entitlements()).balances.superlikes !== 5) throw new Error("not yet");
  }, patience);
  t.same(await ben.checkout("superlikes_5", key), first, "also once it is paid");
});

test("A27 a key is required and well formed; what was refused does not use it up", async (t) => {
  const dora = newMember(world, one);
  const body = { productId: "boosts_1", provider: "sandbox" };
  for (const key of [undefined, "short", "with a space in it", "x".repeat(256)]) {
    const answer = await dora.post("checkout", { ...(key ? { key } : {}), body });
    t.match(answer, { status: 400, body: { code: "VALIDATION_FAILED" } }, String(key).slice(0, 30));
  }
  const key = randomUUID();
  for (const [other, status, code] of [
    [{ productId: "no_such_thing" }, 422, "BILLING_PRODUCT_UNKNOWN"],
    [{ provider: "stripe" }, 422, "BILLING_PROVIDER_NOT_CONFIGURED"],
    [{ provider: "bank" }, 400, "VALIDATION_FAILED"],
    [{ country: "de" }, 400, "VALIDATION_FAILED"],
    [{ coupon: "FREE" }, 400, "VALIDATION_FAILED"],
  ] as const) {
    t.match(await dora.post("checkout", { key, body: { ...body, ...other } }), { status, body: { code } });
  }
  t.equal((await dora.checkout("boosts_1", key)).status, 201);
});

test("A27 duplicates at the same moment, at two instances, are one checkout", async (t) => {
  const emil = newMember(world, one);
  const key = randomUUID();
  const instances = [emil, emil.at(two)];
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => instances[i % 2]?.checkout("superlikes_25", key)),
  );
  t.ok(answers.every((answer) => answer?.status === 201));
  t.equal(new Set(answers.map((answer) => JSON.stringify(answer?.body))).size, 1);
  t.equal(await countRows(world, "checkouts", "member_id = $1", [emil.memberId]), 1);
  const made = "merchant_ref = $1";
  t.equal(await countRows(world, "sandbox_checkouts", made, [answers[0]?.body.checkoutId]), 1);

  const other = randomUUID();
  const mixed = await Promise.all(
    Array.from({ length: 10 }, (_, i) => instances[i % 2]?.checkout(i < 5 ? "boosts_1" : "boosts_5", other)),
  );
  const statuses = mixed.map((answer) => answer?.status).sort();
  t.same(statuses, [...Array(5).fill(201), ...Array(5).fill(422)], "whoever is second to another is refused");
});

test("A27 a checkout that broke off before its answer goes on when it is asked for again", async (t) => {
  const finn = newMember(world, one);
  const key = randomUUID();
  const first = await finn.checkout("boosts_1", key);
  // As a crash between the provider's answer and our note of it leaves things.
  await world.sql("UPDATE billing.idempotency_keys SET answer = NULL WHERE key = $1", [key]);
  await world.sql(
    "UPDATE billing.checkouts SET status = 'creating', provider_ref = NULL, redirect_url = NULL WHERE id = $1",
    [first.body.checkoutId],
  );
  t.same(await finn.at(two).checkout("boosts_1", key), first, "with the session that was made then");
});

test("A14 somebody else's checkout looks as if it were not there", async (t) => {
  const [gina, hugo] = [newMember(world, one), newMember(world, one)];
  const { checkoutId } = (await gina.checkout("boosts_1")).body;
  t.equal((await gina.readCheckout(checkoutId)).status, 200);
  const theirs = await hugo.readCheckout(checkoutId);
  const nobodys = await hugo.readCheckout(newId());
  t.match(theirs, { status: 404, body: { code: "NOT_FOUND" } });
  t.same({ ...theirs.body, requestId: "" }, { ...nobodys.body, requestId: "" });
  t.equal((await hugo.readCheckout("not-an-id")).status, 400);
  for (const path of [`checkout/${checkoutId}`, "entitlements", "subscription"]) {
    t.equal((await call(`${one.url}/v1/billing/${path}`)).status, 401, path);
  }
  const token = "A".repeat(43);
  const guessed = await call(`${one.url}/v1/billing/sandbox/checkouts/${token}/pay`, { method: "POST" });
  t.equal(guessed.status, 404);
  t.equal((await call(`${one.url}/v1/billing/sandbox/checkouts/${token}`)).status, 404);
  const tried = [
    "GET /v1/billing/checkout/:id",
    "GET /v1/billing/sandbox/checkouts/:token",
    "POST /v1/billing/sandbox/checkouts/:token/pay",
  ];
  t.same(routesWithIds("billing"), tried, "every route that takes an id was tried");
});

test("of two checkouts of a subscription only the later can be paid, and with one running there is no other", async (t) => {
  const ines = newMember(world, one);
  const first = await ines.checkout("plus_month");
  const second = await ines.at(two).checkout("gold_month");
  t.match(await ines.pay(first.body.redirectUrl), {
    status: 409,
    body: { code: "BILLING_SANDBOX_CHECKOUT_CLOSED" },
  });
  t.match((await ines.readCheckout(first.body.checkoutId)).body, { status: "closed" });
  await ines.pay(second.body.redirectUrl);
  await eventually(async () => {
    if ((await ines.entitlements()).tier !== "gold") throw new Error("not yet");
  }, patience);
  t.match(await ines.entitlements(), {
    features: { unlimitedLikes: true, seeLikes: true },
    balances: { boosts: 1, superlikes: 10 },
  });
  t.match(await ines.checkout("plus_month"), { status: 409, body: { code: "BILLING_SUBSCRIPTION_EXISTS" } });
  t.equal((await ines.checkout("boosts_1")).status, 201, "other things can still be bought");
});

test("paying one checkout while opening another never gives two subscriptions", async (t) => {
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      const jana = newMember(world, one);
      const first = await jana.checkout("plus_month");
      const [, second] = await Promise.all([
        jana.pay(first.body.redirectUrl),
        jana.at(two).checkout("gold_month"),
      ]);
      if (second.status === 201) await jana.pay(second.body.redirectUrl);
      else t.match(second, { status: 409, body: { code: "BILLING_SUBSCRIPTION_EXISTS" } });
      await eventually(async () => {
        if ((await jana.entitlements()).tier === "free") throw new Error("not yet");
      }, patience);
      const paid = "c.status = 'paid' AND m.member_id = $1";
      const [row] = await world.sql<{ n: number }>(
        `SELECT count(*)::int AS n FROM billing.sandbox_checkouts c
         JOIN billing.checkouts m ON m.id = c.merchant_ref WHERE ${paid}`,
        [jana.memberId],
      );
      t.equal(row?.n, 1, "money was taken once");
      t.equal(await countRows(world, "subscriptions", "member_id = $1", [jana.memberId]), 1);
    }),
  );
});
