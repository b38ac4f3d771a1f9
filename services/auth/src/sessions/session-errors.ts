import { PublicError } from "@kismet/service-kit";

/** No such account, one that nobody has verified, or another password: the same answer after the same time. */
export class CredentialsWrong extends PublicError {
  constructor() {
    const detail = "The e-mail address or the password is not right, or the address has yet to be confirmed.";
    super("AUTH_CREDENTIALS_WRONG", 401, detail);
  }
}

/** Made up, too old, used twice, of a session that has ended: the same answer. */
export class RefreshRefused extends PublicError {
  constructor() {
    super("AUTH_REFRESH_REFUSED", 401, "This session can't be continued: sign in again.");
  }
}
