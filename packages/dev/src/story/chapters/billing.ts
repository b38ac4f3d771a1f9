import { randomUUID } from "node:crypto";
import {
  type Catalogue,
  type Checkout,
  type CheckoutOpened,
  distanceBuckets,
  type Entitlements,
  type Subscription,
  type SwipeAnswer,
} from "@kismet/contracts";
import type { Cast } from "../cast.ts";
import { expect, expectEqual, within } from "../expect.ts";
import type { Answer } from "../gateway.ts";
import type { Person } from "../person.ts";
import { deckOf } from "./deck.ts";
import { likesPerDay, swipe, undo } from "./swipes.ts";

const settledMs = 10_000;
/** How soon a tier must be felt by who has just paid, webhook and event included. */
const felt = 5_000;
const simultaneous = 5;

export async function tellBilling({ ada, narrator }: Cast): Promise<void> {
  narrator.chapter("Billing");
  await narrator.step("anybody sees what can be bought", async () => {
    const catalogue = (await ada.gateway.ask("GET", "/v1/billing/catalogue")).as<Catalogue>();
    const ids = catalogue.products.map(({ id }) => id);
    expect(ids.includes("plus_month") && ids.includes("superlikes_5"), "plus and super likes", ids);
    expect(catalogue.providers.includes("sandbox"), "the sandbox", catalogue.providers);
  });
  const [favourite = "", ...others] = await narrator.step("Ada moves to Berlin, and so does her deck", () =>
    moveToBerlin(ada),
  );
  await narrator.step("Ada can't super like yet", async () => {
    (await swipe(ada, favourite, "superlike")).refused(409, "BILLING_BALANCE_INSUFFICIENT");
  });
  await narrator.step("Ada buys five super likes; a retry buys nothing more", () => buySuperlikes(ada));
  await narrator.step("she super likes somebody, five times at once: it is spent once", async () => {
    const note = "You had me at pottery.";
    const answers = await Promise.all(
      Array.from({ length: simultaneous }, () => swipe(ada, favourite, "superlike", note)),
    );
    expectEqual(answers.filter(({ status }) => status === 201).length, 1, "how many of them count");
    for (const { body } of answers) expectEqual(body, answers[0]?.body, "the same answer for each");
    expectEqual((answers[0]?.body as SwipeAnswer).remaining.superlikes, 4, "super likes left");
    await balance(ada, 4);
  });
  await narrator.step("she takes it back and has five again", async () => {
    (await undo(ada)).as(200);
    await balance(ada, 5);
  });
  const refused = await narrator.step(`Ada likes people until her ${likesPerDay} likes are gone`, () =>
    likeUntilRefused(ada, others),
  );
  if (refused === undefined) {
    narrator.say("            (there are too few people for that: the quota stays unproven)");
    return;
  }
  await narrator.step("she pays for plus, and at once the same like is accepted", async () => {
    await pay(ada, await checkout(ada, "plus_month"));
    const answer = await within(felt, async () => (await swipe(ada, refused, "like")).as<SwipeAnswer>(201));
    expectEqual(answer.remaining.likes, null, "the limit of likes");
  });
  await narrator.step("the subscription can be cancelled, and the cancellation taken back", () =>
    checkSubscription(ada),
  );
}

/** Where there are more people than she has likes; gives who is near. */
async function moveToBerlin(ada: Person): Promise<string[]> {
  (await ada.ask("PUT", "/v1/profile/location", { latitude: 52.5163, longitude: 13.454 })).as(204);
  return within(
    felt,
    async () => {
      const items = await deckOf(ada);
      const near = items.filter(({ distance: { bucket } }) => distanceBuckets.indexOf(bucket) < 3);
      expect(near.length > 1, "people within 10 km", items);
      return items.map(({ memberId }) => memberId);
    },
    { everyMs: 250 },
  );
}

async function buySuperlikes(ada: Person): Promise<void> {
  const body = { productId: "superlikes_5", provider: "sandbox", country: "DE" };
  (await ada.ask("POST", "/v1/billing/checkout", body)).refused(400, "VALIDATION_FAILED");
  const key = randomUUID();
  const opened = await checkout(ada, "superlikes_5", key);
  expectEqual(await checkout(ada, "superlikes_5", key), opened, "the same checkout");
  const other = await askCheckout(ada, "boosts_1", key);
  other.refused(422, "BILLING_IDEMPOTENCY_KEY_REUSED");
  const { status, price } = await ada.get<Checkout>(`/v1/billing/checkout/${opened.checkoutId}`);
  expectEqual({ status, price }, { status: "open", price: { amount: 499, currency: "EUR" } }, "the checkout");
  await pay(ada, opened);
  await balance(ada, 5);
}

function askCheckout(person: Person, productId: string, key: string): Promise<Answer> {
  const body = { productId, provider: "sandbox", country: "DE" };
  return person.ask("POST", "/v1/billing/checkout", body, { "idempotency-key": key });
}

async function checkout(
  person: Person,
  productId: string,
  key: string = randomUUID(),
): Promise<CheckoutOpened> {
  const opened = (await askCheckout(person, productId, key)).as<CheckoutOpened>(201);
  expectEqual(opened.status, "open", "the state of the checkout");
  return opened;
}

/** At the provider's page, which for the sandbox is one of ours. */
async function pay(person: Person, { checkoutId, redirectUrl }: CheckoutOpened): Promise<void> {
  const page = (await person.gateway.ask("POST", `${redirectUrl}/pay`)).as<{ status: string }>();
  expectEqual(page.status, "paid", "the state of the sandbox's page");
  await within(settledMs, async () => {
    const { status } = await person.get<Checkout>(`/v1/billing/checkout/${checkoutId}`);
    expectEqual(status, "paid", "the state of the checkout");
  });
}

async function balance(person: Person, superlikes: number): Promise<void> {
  await within(settledMs, async () => {
    const { balances } = await person.get<Entitlements>("/v1/billing/entitlements");
    expectEqual(balances.superlikes, superlikes, "super likes");
  });
}

/** Gives whom she could not like any more; nothing if there were too few people. */
async function likeUntilRefused(ada: Person, first: string[]): Promise<string | undefined> {
  let given = 2;
  for (let ids = first; ids.length > 0; ids = (await deckOf(ada)).map(({ memberId }) => memberId)) {
    for (const id of ids) {
      const answer = await swipe(ada, id, "like");
      if (answer.status === 429) {
        answer.refused(429, "MATCHING_QUOTA_EXCEEDED");
        expect(
          Number(answer.headers.get("retry-after")) > 0,
          "a Retry-After",
          answer.headers.get("retry-after"),
        );
        expectEqual(given, likesPerDay, "likes before the refusal, those of Bo and Cy included");
        return id;
      }
      given += 1;
      expectEqual(answer.as<SwipeAnswer>(201).remaining.likes, likesPerDay - given, "likes left");
    }
  }
  return undefined;
}

async function checkSubscription(ada: Person): Promise<void> {
  const path = "/v1/billing/subscription";
  const running = await ada.get<Subscription>(path);
  expectEqual([running.tier, running.cancelAtPeriodEnd], ["plus", false], "tier and cancellation");
  const cancelled = (await ada.ask("POST", `${path}/cancel`)).as<Subscription>();
  expectEqual(cancelled.cancelAtPeriodEnd, true, "the cancellation");
  const { tier } = await ada.get<Entitlements>("/v1/billing/entitlements");
  expectEqual(tier, "plus", "the tier until the period ends");
  expectEqual(
    (await ada.ask("POST", `${path}/resume`)).as<Subscription>(),
    running,
    "the subscription again",
  );
}
