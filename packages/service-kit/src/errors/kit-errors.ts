import type { Problem } from "@kismet/contracts";
import { PublicError } from "./public-error.ts";

export class ValidationFailed extends PublicError {
  constructor(detail: string, errors?: Problem["errors"]) {
    super("VALIDATION_FAILED", 400, detail, errors ? { errors } : {});
  }
}

export class Unauthenticated extends PublicError {
  constructor(detail = "A valid access token is needed.") {
    super("UNAUTHENTICATED", 401, detail, { headers: { "www-authenticate": 'Bearer realm="kismet"' } });
  }
}

/** Of a registered client: unknown, revoked, or no key at all. */
export class ClientKeyRefused extends PublicError {
  constructor(detail = "The API key is not good, or not any more.") {
    super("CLIENT_KEY_REFUSED", 401, detail, { headers: { "www-authenticate": 'ApiKey realm="kismet"' } });
  }
}

export class Forbidden extends PublicError {
  constructor(detail = "You may not do this.") {
    super("FORBIDDEN", 403, detail);
  }
}

export class AccountNotActive extends PublicError {
  constructor() {
    super("ACCOUNT_NOT_ACTIVE", 403, "The account must be verified and active for this.");
  }
}

/** `GET /v1/auth/age` says what is missing, and `POST /v1/auth/age/checks` begins to prove it. */
export class AgeAssuranceRequired extends PublicError {
  constructor() {
    super("AUTH_AGE_ASSURANCE_REQUIRED", 403, "The law where you live wants a proof of your age first.");
  }
}

/** Also the answer for what exists but is somebody else's. */
export class NotFound extends PublicError {
  constructor(detail = "There is nothing here.") {
    super("NOT_FOUND", 404, detail);
  }
}

export class MethodNotAllowed extends PublicError {
  constructor(allowed: readonly string[]) {
    super("METHOD_NOT_ALLOWED", 405, "This address does not answer to this method.", {
      headers: { allow: allowed.join(", ") },
    });
  }
}

/** Of a request that took longer to arrive than it may. */
export class RequestTooSlow extends PublicError {
  constructor() {
    super("REQUEST_TOO_SLOW", 408, "The request did not arrive in time.");
  }
}

export class HeadersTooLarge extends PublicError {
  constructor() {
    super("HEADERS_TOO_LARGE", 431, "The request has too many headers, or too large ones.", {
      headers: { connection: "close" },
    });
  }
}

export class BodyTooLarge extends PublicError {
  constructor() {
    // The rest of the body is not worth reading.
    super("BODY_TOO_LARGE", 413, "The body is larger than this address accepts.", {
      headers: { connection: "close" },
    });
  }
}

export class UnsupportedMediaType extends PublicError {
  constructor() {
    super("UNSUPPORTED_MEDIA_TYPE", 415, "This address does not read that content type.");
  }
}

/** RFC 9110, 15.5.16: 415 as well, with what would be read. What a body unpacks to can't be told by its length. */
export class UnsupportedEncoding extends PublicError {
  constructor() {
    super("UNSUPPORTED_ENCODING", 415, "A body may not be compressed here.", {
      headers: { "accept-encoding": "identity" },
    });
  }
}

export class RateLimited extends PublicError {
  constructor(retryAfterSeconds: number) {
    super("RATE_LIMITED", 429, "Too many requests: wait a little.", { retryAfterSeconds });
  }
}

export class Unavailable extends PublicError {
  constructor(cause?: unknown, retryAfterSeconds = 1) {
    super("UNAVAILABLE", 503, "A part of the system is not available right now.", {
      retryAfterSeconds,
      cause,
    });
  }
}

/** This process, or one that it asks, has more to do than it can do in time. */
export class Overloaded extends PublicError {
  constructor(retryAfterSeconds = 1) {
    super("OVERLOADED", 503, "There is too much to do right now.", { retryAfterSeconds });
  }
}

/** The time that the caller gave, or that this work may take, is over. */
export class DeadlineExceeded extends PublicError {
  constructor(cause?: unknown) {
    super("DEADLINE_EXCEEDED", 504, "The request took longer than it may.", { cause });
  }
}
