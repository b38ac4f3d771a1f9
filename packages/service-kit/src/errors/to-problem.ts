import { STATUS_CODES } from "node:http";
import type { Problem } from "@kismet/contracts";
import { BodyTooLarge, UnsupportedMediaType, ValidationFailed } from "./kit-errors.ts";
import { PublicError } from "./public-error.ts";

export type ProblemResponse = { status: number; headers: Record<string, string>; body: Problem };

const maxReportedErrors = 50;

/** What anybody outside may know of an error: a public one speaks for itself, all others say INTERNAL and no more. */
export function toProblem(error: unknown, requestId: string): ProblemResponse {
  const known = asPublicError(error);
  const { code, status, detail } = known;
  return {
    status,
    headers: {
      ...known.headers,
      ...(known.retryAfterSeconds === undefined ? {} : { "retry-after": String(known.retryAfterSeconds) }),
    },
    body: {
      type: `urn:kismet:problem:${code}`,
      title: STATUS_CODES[status] ?? "Error",
      status,
      detail,
      code,
      requestId,
      ...(known.errors ? { errors: known.errors.slice(0, maxReportedErrors) } : {}),
      ...(known.kinds ? { kinds: [...known.kinds] } : {}),
    },
  };
}

/** Fastify's own refusals of a request have their place among the public codes. */
function asPublicError(error: unknown): PublicError {
  if (error instanceof PublicError) return error;
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return new BodyTooLarge();
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") return new UnsupportedMediaType();
  const isRefusal = typeof statusCode === "number" && statusCode >= 400 && statusCode < 500;
  if (isRefusal && error instanceof Error) return new ValidationFailed(refusalDetail(code));
  return new PublicError("INTERNAL", 500, "Something went wrong on our side.");
}

function refusalDetail(code: unknown): string {
  if (code === "FST_ERR_CTP_EMPTY_JSON_BODY") return "The body is empty.";
  if (code === "FST_ERR_CTP_INVALID_CONTENT_LENGTH") return "The body is not as long as its header says.";
  return "The request could not be read.";
}
