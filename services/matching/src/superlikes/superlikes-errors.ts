import { PublicError } from "@kismet/service-kit";

/** Paying for it took so long that it was given up; what was paid is refunded. */
export class SuperlikeExpired extends PublicError {
  constructor() {
    super("MATCHING_SUPERLIKE_EXPIRED", 503, "The super like was not sent in time: send it again.", {
      retryAfterSeconds: 1,
    });
  }
}
