import { Problem, strict } from "@kismet/contracts";
import { PublicError } from "@kismet/service-kit";
import type { Msg } from "@nats-io/nats-core";
import { ServiceErrorCodeHeader } from "@nats-io/services";
import { type Static, Type } from "typebox";
import { faultsOf, parseJson } from "./wire.ts";

/** A PublicError between two services; marked by the headers that NATS micro-services use, for the usual tools. */
const ErrorReply = strict({
  code: Problem.properties.code,
  status: Problem.properties.status,
  detail: Problem.properties.detail,
  errors: Type.Optional(Problem.properties.errors),
  retryAfterSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400 })),
});
type ErrorReply = Static<typeof ErrorReply>;

const internal: ErrorReply = { code: "INTERNAL", status: 500, detail: "Something went wrong on our side." };

/** Errors that are not public say that much and no more. */
export function errorReplyOf(error: unknown): ErrorReply {
  if (!(error instanceof PublicError)) return internal;
  const { code, status, detail, errors, retryAfterSeconds } = error;
  return {
    code,
    status,
    detail,
    ...(errors ? { errors } : {}),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** The error that a reply carries, or nothing. */
export function readError(reply: Msg): PublicError | undefined {
  if (!reply.headers?.get(ServiceErrorCodeHeader)) return undefined;
  const body = parseJson(reply.string());
  const isOurs = faultsOf(ErrorReply, body).length === 0;
  const { code, status, detail, errors, retryAfterSeconds } = isOurs ? (body as ErrorReply) : internal;
  return new PublicError(code, status, detail, {
    ...(errors ? { errors } : {}),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
