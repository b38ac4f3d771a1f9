import type { Problem } from "@kismet/contracts";

type Extras = {
  errors?: Problem["errors"];
  kinds?: readonly string[];
  retryAfterSeconds?: number;
  headers?: Record<string, string>;
  cause?: unknown;
};

/** A failure that a caller is told about: a stable code, a status, and a sentence for people. */
export class PublicError extends Error {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly errors: Problem["errors"];
  readonly kinds: readonly string[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Record<string, string>;

  constructor(code: string, status: number, detail: string, extras: Extras = {}) {
    super(detail, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = new.target.name;
    this.code = code;
    this.status = status;
    this.detail = detail;
    this.errors = extras.errors;
    this.kinds = extras.kinds;
    this.retryAfterSeconds = extras.retryAfterSeconds;
    this.headers = extras.headers ?? {};
  }
}
