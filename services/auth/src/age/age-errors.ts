import { PublicError } from "@kismet/service-kit";

export class AgeProviderNotConfigured extends PublicError {
  constructor() {
    super("AUTH_AGE_PROVIDER_NOT_CONFIGURED", 404, "Ages can't be proven here.");
  }
}

/** Away, too slow, or not itself. */
export class AgeProviderUnavailable extends PublicError {
  constructor(cause?: unknown) {
    super("AUTH_AGE_PROVIDER_UNAVAILABLE", 503, "Whoever checks ages does not answer right now.", {
      retryAfterSeconds: 5,
      cause,
    });
  }
}

export class AgeCheckOpen extends PublicError {
  constructor() {
    super("AUTH_AGE_CHECK_OPEN", 409, "A check has begun: go on with it, or wait until it ends.");
  }
}

export class AgeChecksSpent extends PublicError {
  constructor(perDay: number, retryAfterSeconds: number) {
    super("AUTH_AGE_CHECKS_SPENT", 429, `An age can be checked ${perDay} times a day.`, {
      retryAfterSeconds,
    });
  }
}

export class AgeMethodRefused extends PublicError {
  constructor() {
    super("AUTH_AGE_METHOD_REFUSED", 422, "This would not be proof enough: GET /v1/auth/age says what is.");
  }
}

export class JurisdictionLaxer extends PublicError {
  constructor() {
    super("AUTH_AGE_JURISDICTION_LAXER", 409, "Less is asked for there: support can put it right for you.");
  }
}

/**
 * Forged, altered, too old, of a check that is unknown, over, or not the provider's: the answer does not tell a forger
 * which.
 */
export class AgeResultRefused extends PublicError {
  constructor(cause: string) {
    super("AUTH_AGE_RESULT_REFUSED", 400, "This result is not good now.", { cause });
  }
}
