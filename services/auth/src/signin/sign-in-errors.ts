import { PublicError } from "@kismet/service-kit";

/** Who was proven is no longer there. */
export class SignInRefused extends PublicError {
  constructor() {
    super("AUTH_SIGN_IN_REFUSED", 401, "This account can't be signed in to.");
  }
}

/** Unknown, used, too old, or tried too often: the same answer. */
export class ChallengeOver extends PublicError {
  constructor() {
    super("AUTH_CHALLENGE_OVER", 410, "This can't be answered any more: begin again.");
  }
}

/** The session is good, but what is asked for wants its member to have been there a moment ago. */
export class FreshSignInNeeded extends PublicError {
  constructor(kinds: readonly string[]) {
    super("AUTH_FRESH_SIGN_IN_NEEDED", 403, "Prove once more that it is you, then ask again.", { kinds });
  }
}

/** The same for an address that has an account and for one that has none. */
export class TooManyGuesses extends PublicError {
  constructor(retryAfterSeconds: number) {
    const detail = "Too many wrong tries: wait, or sign in with a code by e-mail.";
    super("AUTH_TOO_MANY_TRIES", 429, detail, { retryAfterSeconds });
  }
}

export class TotpEnrolled extends PublicError {
  constructor() {
    super("AUTH_TOTP_ENROLLED", 409, "There is an authenticator already: remove it first.");
  }
}
