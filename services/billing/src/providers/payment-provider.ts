import type { ProviderName } from "@kismet/contracts";
import type { TObject } from "typebox";

export type Payment = { ref: string; amount: number; currency: string; paidAt: Date };

export type Order = {
  /** Ours. The same one again gets the same session. */
  checkoutId: string;
  productId: string;
  amount: number;
  currency: string;
  /** Paid again each month, until cancelled. */
  recurring: boolean;
};

export type CheckoutTruth =
  | { status: "open" }
  | { status: "closed" }
  /** With the payment of what is bought once, or the subscription that was begun. */
  | { status: "paid"; payment: Payment; subscriptionRef: null }
  | { status: "paid"; payment: null; subscriptionRef: string };

export type SubscriptionTruth = {
  status: "active" | "ended";
  cancelAtPeriodEnd: boolean;
  periodStartsAt: Date;
  periodEndsAt: Date;
  /** The latest ones, at most 24. */
  payments: Payment[];
};

/** A webhook never carries the news itself: it names what to read again. */
export type WebhookNotice = {
  eventId: string;
  checkoutId: string | null;
  subscriptionRef: string | null;
};

export type SignedRequest = { rawBody: Buffer; headers: Record<string, string | string[] | undefined> };

/**
 * Somebody who takes the money, and whose word on what was paid is the truth. All calls may be repeated; what can't
 * be done is said by a PublicError.
 */
export type PaymentProvider = {
  name: ProviderName;
  createCheckout(order: Order): Promise<{ ref: string; redirectUrl: string }>;
  /** Afterwards it can't be paid; nothing happens if it has been. */
  closeCheckout(ref: string): Promise<void>;
  readCheckout(ref: string): Promise<CheckoutTruth>;
  readSubscription(ref: string): Promise<SubscriptionTruth>;
  /** Whether the subscription ends with its period. Throws SubscriptionEnded if it has. */
  setCancellation(ref: string, atPeriodEnd: boolean): Promise<void>;
  /** What its webhooks look like; checked before the signature. */
  webhookBody: TObject;
  /** Throws WebhookRefused unless it was signed by the provider, and just now. */
  verifyWebhook(request: SignedRequest, now: Date): void;
  parseWebhook(body: unknown): WebhookNotice;
};
