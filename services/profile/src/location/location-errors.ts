import { PublicError } from "@kismet/service-kit";

export class LocationTooFrequent extends PublicError {
  constructor(retryAfterSeconds: number) {
    super(
      "PROFILE_LOCATION_TOO_FREQUENT",
      429,
      "The place has changed too often or too far: wait a little.",
      {
        retryAfterSeconds,
      },
    );
  }
}
