import { PublicError } from "@kismet/service-kit";

export class KeyTooYoung extends PublicError {
  constructor() {
    super("AUTH_KEY_TOO_YOUNG", 409, "The newest key does not sign yet: rotate again when it does.");
  }
}
