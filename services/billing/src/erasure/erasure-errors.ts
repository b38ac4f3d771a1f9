import { PublicError } from "@kismet/service-kit";

/** Something about them was still on its way. */
export class MemberErased extends PublicError {
  constructor() {
    super("BILLING_MEMBER_ERASED", 404, "There is no such member any more.");
  }
}
