import { PublicError } from "@kismet/service-kit";

export class TooYoung extends PublicError {
  constructor(minimumAge: number) {
    super("AUTH_TOO_YOUNG", 422, `Members must be at least ${minimumAge} years old.`);
  }
}

/** Wrong, too old, tried too often, or nobody waits for one: the same answer. */
export class CodeInvalid extends PublicError {
  constructor() {
    super("AUTH_CODE_INVALID", 422, "The code is not right, or no longer: check it, or ask for another one.");
  }
}
