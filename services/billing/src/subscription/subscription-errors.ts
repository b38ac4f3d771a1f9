import { PublicError } from "@kismet/service-kit";

export class SubscriptionNotFound extends PublicError {
  constructor() {
    super("BILLING_SUBSCRIPTION_NOT_FOUND", 404, "There is no running subscription.");
  }
}

export class SubscriptionExists extends PublicError {
  constructor() {
    super("BILLING_SUBSCRIPTION_EXISTS", 409, "There is a running subscription already.");
  }
}
