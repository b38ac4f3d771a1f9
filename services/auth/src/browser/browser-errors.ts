import { PublicError } from "@kismet/service-kit";

/** A request by cookie that somebody else's page may have made. */
export class CsrfRefused extends PublicError {
  constructor() {
    super("AUTH_CSRF_REFUSED", 403, "A request by cookie needs the token of its session in x-csrf-token.");
  }
}
