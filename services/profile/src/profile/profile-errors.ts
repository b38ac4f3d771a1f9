import { PublicError } from "@kismet/service-kit";

/**
 * Of oneself: no profile has been made yet. Of others it is also the answer for who is hidden, unverified, leaving, or
 * where one has blocked the other: which of these, nobody is told.
 */
export class ProfileNotFound extends PublicError {
  constructor() {
    super("PROFILE_NOT_FOUND", 404, "There is no such profile.");
  }
}
