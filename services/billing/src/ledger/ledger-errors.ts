import { PublicError } from "@kismet/service-kit";

export class BalanceInsufficient extends PublicError {
  constructor() {
    super("BILLING_BALANCE_INSUFFICIENT", 409, "There is none left of this.");
  }
}

/** Also if the refund came first. */
export class SpendRefunded extends PublicError {
  constructor() {
    super("BILLING_SPEND_REFUNDED", 409, "What this key stands for was refunded.");
  }
}

export class SpendKeyReused extends PublicError {
  constructor() {
    super("BILLING_SPEND_KEY_REUSED", 409, "This key stands for another consumable.");
  }
}
