import { PublicError } from "@kismet/service-kit";

/** Also for a match of others, one that has ended, and one whose other member is gone. */
export class MatchNotFound extends PublicError {
  constructor() {
    super("MATCHING_MATCH_NOT_FOUND", 404, "There is no such match.");
  }
}
