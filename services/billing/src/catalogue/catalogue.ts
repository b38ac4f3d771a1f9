import type { Catalogue, Features, Product, Tier } from "@kismet/contracts";

type TierTerms = Omit<Catalogue["tiers"][number], "tier">;

/** Seeing who liked one is what `gold` adds to `plus`, as members know it from elsewhere. */
export const tiers: Record<Tier, TierTerms> = {
  free: {
    features: { unlimitedLikes: false, seeLikes: false },
    included: { boosts: 0, superlikes: 0 },
  },
  plus: {
    features: { unlimitedLikes: true, seeLikes: false },
    included: { boosts: 0, superlikes: 5 },
  },
  gold: {
    features: { unlimitedLikes: true, seeLikes: true },
    included: { boosts: 1, superlikes: 10 },
  },
};

/** In minor units: the yen has none, so that its amounts are whole yen. */
export const products: readonly Product[] = [
  {
    id: "plus_month",
    kind: "subscription",
    tier: "plus",
    period: "month",
    prices: prices({ USD: 999, EUR: 999, GBP: 899, CHF: 1_200, INR: 39_900, JPY: 1_200 }),
  },
  {
    id: "gold_month",
    kind: "subscription",
    tier: "gold",
    period: "month",
    prices: prices({ USD: 1_999, EUR: 1_999, GBP: 1_799, CHF: 2_400, INR: 79_900, JPY: 2_400 }),
  },
  {
    id: "superlikes_5",
    kind: "consumable",
    consumable: "superlikes",
    quantity: 5,
    prices: prices({ USD: 499, EUR: 499, GBP: 449, CHF: 600, INR: 19_900, JPY: 600 }),
  },
  {
    id: "superlikes_25",
    kind: "consumable",
    consumable: "superlikes",
    quantity: 25,
    prices: prices({ USD: 1_999, EUR: 1_999, GBP: 1_799, CHF: 2_400, INR: 79_900, JPY: 2_400 }),
  },
  {
    id: "boosts_1",
    kind: "consumable",
    consumable: "boosts",
    quantity: 1,
    prices: prices({ USD: 399, EUR: 399, GBP: 349, CHF: 500, INR: 15_900, JPY: 500 }),
  },
  {
    id: "boosts_5",
    kind: "consumable",
    consumable: "boosts",
    quantity: 5,
    prices: prices({ USD: 1_499, EUR: 1_499, GBP: 1_299, CHF: 1_800, INR: 59_900, JPY: 1_800 }),
  },
];

const tierOrder: readonly Tier[] = ["free", "plus", "gold"];

export function findProduct(id: string): Product | undefined {
  return products.find((product) => product.id === id);
}

export function featuresOf(tier: Tier): Features {
  return tiers[tier].features;
}

/** Greater for the tier that gives more. */
export function rankOf(tier: Tier): number {
  return tierOrder.indexOf(tier);
}

export function catalogue(providers: Catalogue["providers"]): Catalogue {
  return {
    tiers: tierOrder.map((tier) => ({ tier, ...tiers[tier] })),
    products: [...products],
    providers,
  };
}

function prices(by: { USD: number; EUR: number; GBP: number; CHF: number; INR: number; JPY: number }) {
  const euro = ["AT", "BE", "DE", "ES", "FI", "FR", "IE", "IT", "NL", "PT"];
  return [
    { country: null, currency: "USD", amount: by.USD },
    ...euro.map((country) => ({ country, currency: "EUR", amount: by.EUR })),
    { country: "GB", currency: "GBP", amount: by.GBP },
    { country: "CH", currency: "CHF", amount: by.CHF },
    { country: "IN", currency: "INR", amount: by.INR },
    { country: "JP", currency: "JPY", amount: by.JPY },
  ];
}
