import { PublicError } from "@kismet/service-kit";

export class NotDeleting extends PublicError {
  constructor() {
    super("AUTH_NOT_DELETING", 409, "The account is not being deleted.");
  }
}
