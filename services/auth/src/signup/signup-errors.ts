import { PublicError } from "@kismet/service-kit";

export class TooYoung extends PublicError {
  constructor(minimumAge: number) {
    super("AUTH_TOO_YOUNG", 422, `Members must be at least ${minimumAge} years old.`);
  }
}

/** The code was right: others have signed up with the address too, and it does not say which sign-up is whose. */
export class SignupPasswordNeeded extends PublicError {
  constructor() {
    const detail =
      "Somebody else has signed up with this address too: send your password with the code, as `password`.";
    super("AUTH_SIGNUP_PASSWORD_NEEDED", 422, detail);
  }
}

/** The code was right, and belongs to a sign-up with another password. */
export class SignupPasswordWrong extends PublicError {
  constructor() {
    const detail =
      "This code belongs to a sign-up with another password: take the code of your own, or sign up again.";
    super("AUTH_SIGNUP_PASSWORD_WRONG", 422, detail);
  }
}

/** Wrong, too old, tried too often, or nobody waits for one: the same answer. */
export class CodeInvalid extends PublicError {
  constructor() {
    super("AUTH_CODE_INVALID", 422, "The code is not right, or no longer: check it, or ask for another one.");
  }
}
