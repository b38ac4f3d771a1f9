import { PublicError } from "@kismet/service-kit";

export class NotDeleting extends PublicError {
  constructor() {
    super("AUTH_NOT_DELETING", 409, "The account is not being deleted.");
  }
}

export class LastWayIn extends PublicError {
  constructor() {
    super("AUTH_LAST_WAY_IN", 409, "Nothing else would be left to sign in with: add another way first.");
  }
}
