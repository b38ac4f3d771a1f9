import { test } from "tap";
import { decidePrice } from "../catalogue/decide-price.ts";
import { catalogue, findProduct, products } from "../catalogue/catalogue.ts";
import { decideNextCheckoutLook, decideNextSubscriptionLook } from "../settlement/decide-next-look.ts";
import { isRunning } from "../subscription/decide-running.ts";
import { decideEntitlements } from "./decide-entitlements.ts";

const day = (n: number) => new Date(Date.UTC(2026, 10, n));

test("the best tier that is paid for now counts, and ends by itself", async (t) => {
  t.match(decideEntitlements([], [], day(1)), { tier: "free", validUntil: null, changesAt: null });
  const paid = [
    { tier: "plus", paidUntil: day(20) },
    { tier: "gold", paidUntil: day(10) },
  ] as const;
  t.match(decideEntitlements(paid, [], day(1)), { tier: "gold", validUntil: day(10), changesAt: day(10) });
  t.match(decideEntitlements(paid, [], day(10)), { tier: "plus", validUntil: day(20) }, "to the instant");
  t.match(decideEntitlements(paid, [], day(20)), { tier: "free", validUntil: null });
});

test("a view changes by itself when the first of what it is made of ends", async (t) => {
  const left = [
    { consumable: "superlikes", left: 7, endsAt: day(5) },
    { consumable: "boosts", left: 1, endsAt: null },
  ] as const;
  const view = decideEntitlements([{ tier: "plus", paidUntil: day(8) }], left, day(1));
  t.match(view, { boosts: 1, superlikes: 7, changesAt: day(5) });
});

test("a subscription that ends with its period is over at that moment, one that renews is not", async (t) => {
  const told = { status: "active", cancelAtPeriodEnd: true, periodEndsAt: day(5) } as const;
  t.equal(isRunning(told, day(4)), true);
  t.equal(isRunning(told, day(5)), false);
  t.equal(isRunning({ ...told, cancelAtPeriodEnd: false }, day(6)), true);
  t.equal(isRunning({ ...told, cancelAtPeriodEnd: false, status: "ended" }, day(1)), false);
});

test("providers are asked ever less often about what does not change, and at least daily about what may", async (t) => {
  const looked = (now: Date) => ({ now, patienceMs: 60_000 });
  t.same(decideNextCheckoutLook(day(1), looked(day(1))), new Date(day(1).getTime() + 60_000));
  t.same(decideNextCheckoutLook(day(1), looked(day(3))), day(4));
  const told = { status: "active", periodEndsAt: day(10) } as const;
  t.same(decideNextSubscriptionLook(told, looked(day(1))), day(2));
  const lastMinute = new Date(day(10).getTime() - 1_000);
  t.same(decideNextSubscriptionLook(told, looked(lastMinute)), new Date(day(10).getTime() + 60_000));
  t.same(decideNextSubscriptionLook(told, looked(day(10))), new Date(day(10).getTime() + 60_000));
  t.same(decideNextSubscriptionLook(told, looked(day(20))), day(21));
  t.equal(decideNextSubscriptionLook({ ...told, status: "ended" }, looked(day(1))), null);
});

test("every product has a price everywhere, in whole minor units", async (t) => {
  const plus = findProduct("plus_month");
  if (!plus) throw new Error("plus_month is in the catalogue");
  t.same(decidePrice(plus, "DE"), { amount: 999, currency: "EUR" });
  t.same(decidePrice(plus, "JP"), { amount: 1_200, currency: "JPY" });
  t.same(decidePrice(plus, "ZZ"), { amount: 999, currency: "USD" });
  t.same(decidePrice(plus, undefined), { amount: 999, currency: "USD" });
  for (const product of products) {
    t.ok(product.prices.every(({ amount }) => Number.isInteger(amount) && amount > 0));
    const countries = product.prices.map(({ country }) => country);
    t.equal(new Set(countries).size, countries.length, "one price a country");
  }
  t.same(
    catalogue([]).tiers.map(({ tier }) => tier),
    ["free", "plus", "gold"],
  );
});
