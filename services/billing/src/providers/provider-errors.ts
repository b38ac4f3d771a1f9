import { PublicError } from "@kismet/service-kit";

export class ProviderNotConfigured extends PublicError {
  constructor(provider: string) {
    super("BILLING_PROVIDER_NOT_CONFIGURED", 422, `Payments by ${provider} are not available.`);
  }
}

export class SubscriptionEnded extends PublicError {
  constructor() {
    super("BILLING_SUBSCRIPTION_ENDED", 409, "The subscription has ended.");
  }
}

/** Forged, altered, too old, or from the future: the answer does not tell a forger which. */
export class WebhookRefused extends PublicError {
  constructor(cause: string) {
    super("BILLING_WEBHOOK_REFUSED", 400, "The signature of this webhook is not valid now.", { cause });
  }
}
