import { PublicError } from "@kismet/service-kit";

export class ErasureBegun extends PublicError {
  constructor() {
    super("AUTH_ERASURE_BEGUN", 409, "The account is being erased: there is no way back any more.");
  }
}
