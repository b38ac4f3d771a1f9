import { PublicError } from "@kismet/service-kit";

export class PasswordRefused extends PublicError {
  constructor(reason: string) {
    super("AUTH_PASSWORD_REFUSED", 422, reason);
  }
}

export class CurrentPasswordWrong extends PublicError {
  constructor() {
    super("AUTH_CURRENT_PASSWORD_WRONG", 422, "The current password is not right.");
  }
}

/** Unknown, used, too old: the same answer. */
export class ResetTokenInvalid extends PublicError {
  constructor() {
    super("AUTH_RESET_TOKEN_INVALID", 422, "This can't be used to set a password: ask for another one.");
  }
}
