import { PublicError } from "@kismet/service-kit";

export class ProductUnknown extends PublicError {
  constructor() {
    super("BILLING_PRODUCT_UNKNOWN", 422, "The catalogue has no such product.");
  }
}

export class IdempotencyKeyReused extends PublicError {
  constructor() {
    super("BILLING_IDEMPOTENCY_KEY_REUSED", 422, "This Idempotency-Key was used for another request.");
  }
}

/** Superseded by a later one before it could be paid. */
export class CheckoutClosed extends PublicError {
  constructor() {
    super("BILLING_CHECKOUT_CLOSED", 409, "A later checkout took the place of this one.");
  }
}
