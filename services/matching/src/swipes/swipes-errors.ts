import { PublicError } from "@kismet/service-kit";

/** Also for a target that is hidden, has no place yet, or where one has blocked the other: which, nobody is told. */
export class TargetNotFound extends PublicError {
  constructor() {
    super("MATCHING_TARGET_NOT_FOUND", 404, "There is no such member.");
  }
}

export class SelfSwipe extends PublicError {
  constructor() {
    super("MATCHING_SELF_SWIPE", 400, "Nobody can swipe themselves.");
  }
}

export class NoteRefused extends PublicError {
  constructor() {
    super("MATCHING_NOTE_REFUSED", 400, "A note goes with a super like only.");
  }
}

export class ProfileRequired extends PublicError {
  constructor() {
    super("MATCHING_PROFILE_REQUIRED", 409, "A profile with a location is needed before swiping.");
  }
}

export class SwipeConflict extends PublicError {
  constructor(detail = "This member was swiped otherwise before; undo that first.") {
    super("MATCHING_SWIPE_CONFLICT", 409, detail);
  }
}

export class QuotaExceeded extends PublicError {
  constructor(retryAfterSeconds: number) {
    super("MATCHING_QUOTA_EXCEEDED", 429, "No likes are left for today.", { retryAfterSeconds });
  }
}

export class NothingToUndo extends PublicError {
  constructor() {
    super("MATCHING_SWIPE_NOT_FOUND", 404, "There is no swipe to undo.");
  }
}

export class SwipeMatched extends PublicError {
  constructor() {
    super("MATCHING_SWIPE_MATCHED", 409, "The swipe has become a match: unmatch instead.");
  }
}
