import { PublicError } from "@kismet/service-kit";

/** Unknown, used, too old: the same page. */
export class LinkGone extends PublicError {
  constructor() {
    super("AUTH_LINK_GONE", 410, "This link is no longer good: ask for another mail.");
  }
}
