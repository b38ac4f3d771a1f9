import { PublicError } from "@kismet/service-kit";

const faults = {
  common: "This password is among the first that are tried by others.",
  repetitive: "This password repeats too few characters.",
  address_in_it: "The password must not contain the e-mail address.",
};
export type PasswordFault = keyof typeof faults;

export class PasswordRefused extends PublicError {
  readonly fault: PasswordFault;

  constructor(fault: PasswordFault) {
    super("AUTH_PASSWORD_REFUSED", 422, faults[fault]);
    this.fault = fault;
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
