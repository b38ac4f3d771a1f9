import { PublicError } from "@kismet/service-kit";

/** Unknown, removed, suspended, somebody else's, of another site, without its owner, used before: the same answer. */
export class PasskeyRefused extends PublicError {
  constructor(cause?: unknown) {
    super("AUTH_PASSKEY_REFUSED", 401, "This passkey can't be used here.", { cause });
  }
}

export class PasskeyInvalid extends PublicError {
  constructor(cause?: unknown) {
    super("AUTH_PASSKEY_INVALID", 422, "The passkey could not be added: begin again.", { cause });
  }
}

export class PasskeyTaken extends PublicError {
  constructor() {
    super("AUTH_PASSKEY_TAKEN", 409, "This passkey has been added before.");
  }
}

export class PasskeysExhausted extends PublicError {
  constructor() {
    super("AUTH_PASSKEYS_EXHAUSTED", 409, "There are as many passkeys as there may be: remove one.");
  }
}
