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
