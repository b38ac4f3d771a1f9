import { PublicError } from "@kismet/service-kit";

export class SandboxCheckoutClosed extends PublicError {
  constructor() {
    super("BILLING_SANDBOX_CHECKOUT_CLOSED", 409, "This checkout can no longer be paid.");
  }
}
