import { PublicError } from "@kismet/service-kit";

export class ProviderNotConfigured extends PublicError {
  constructor() {
    super("AUTH_PROVIDER_NOT_CONFIGURED", 404, "This provider can't be signed in with here.");
  }
}

/** Away, too slow, or not itself. */
export class ProviderUnavailable extends PublicError {
  constructor(cause?: unknown) {
    super("AUTH_PROVIDER_UNAVAILABLE", 503, "The provider does not answer right now.", {
      retryAfterSeconds: 5,
      cause,
    });
  }
}

/**
 * The state is unknown, used, too old, of another provider or another client; or the provider's word does not hold: the
 * same answer.
 */
export class ProviderRefused extends PublicError {
  constructor(cause?: unknown) {
    super("AUTH_PROVIDER_REFUSED", 422, "This can't be used to sign in: begin again.", { cause });
  }
}

/** Unknown, used, too old, or not for this account: the same answer. */
export class TicketInvalid extends PublicError {
  constructor() {
    super("AUTH_TICKET_INVALID", 422, "This can't be used any more: begin again with the provider.");
  }
}

export class EmailNeeded extends PublicError {
  constructor() {
    super("AUTH_EMAIL_NEEDED", 422, "The provider gave no address that it has verified: give one.");
  }
}

export class IdentityTaken extends PublicError {
  constructor() {
    super(
      "AUTH_IDENTITY_TAKEN",
      409,
      "The provider's account belongs to another member, or yours has one of this provider's.",
    );
  }
}
