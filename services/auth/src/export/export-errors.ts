import { PublicError } from "@kismet/service-kit";

export class ExportLimitReached extends PublicError {
  constructor(perDay: number, retryAfterSeconds: number) {
    super("AUTH_EXPORT_LIMIT_REACHED", 429, `An archive can be asked for ${perDay} times a day.`, {
      retryAfterSeconds,
    });
  }
}

/** Also for an archive of somebody else, one that is not ready, and one that has expired. */
export class ExportNotFound extends PublicError {
  constructor() {
    super("AUTH_EXPORT_NOT_FOUND", 404, "There is no such archive, or not any more.");
  }
}
