import type { Product } from "@kismet/contracts";

/** The price in a country, or else that of everywhere else, which every product has. */
export function decidePrice(product: Product, country: string | undefined) {
  const price =
    product.prices.find((each) => each.country === country) ??
    product.prices.find((each) => each.country === null);
  if (!price) throw new Error(`${product.id} has no price for everywhere else`);
  return { amount: price.amount, currency: price.currency };
}
