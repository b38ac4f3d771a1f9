import { PublicError } from "@kismet/service-kit";

export class NotRestricted extends PublicError {
  constructor() {
    super("AUTH_NOT_RESTRICTED", 409, "Nothing restricts the account.");
  }
}

export class AppealMade extends PublicError {
  constructor() {
    super("AUTH_APPEAL_MADE", 409, "There is an appeal against this already.");
  }
}

export class AppealDecided extends PublicError {
  constructor() {
    super("AUTH_APPEAL_DECIDED", 409, "The appeal has been decided, or what it was against has ended.");
  }
}

export class OwnDecision extends PublicError {
  constructor() {
    super("AUTH_OWN_DECISION", 409, "Whoever made a decision can't hear the appeal against it.");
  }
}

export class RestrictionTooLong extends PublicError {
  constructor() {
    super("AUTH_UNTIL_REFUSED", 422, "A suspension ends in the future, within a year.");
  }
}
