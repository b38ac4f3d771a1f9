import { type DestinationStream, type Logger as PinoLogger, pino } from "pino";
import { currentContext } from "../context/request-context.ts";
import { traceIdOf } from "../context/trace-context.ts";

export type Logger = PinoLogger;

/**
 * What must never reach a log, wherever it turns up in the first three levels of a logged object. The second line
 * of defence: the first is to log identifiers and not bodies.
 */
const secretKeys = [
  "authorization",
  "cookie",
  '["set-cookie"]',
  "password",
  "currentPassword",
  "newPassword",
  "token",
  "accessToken",
  "refreshToken",
  "ticket",
  "secret",
  "code",
  "email",
  "birthDate",
  "text",
  "note",
  "bio",
  "latitude",
  "longitude",
] as const;
// A bare `code` is also the code of an error, which a log is for.
const redactedAtTop = secretKeys.filter((key) => key !== "code");

/** Logs JSON lines; each carries the request id, trace id and member of the context that it is written in. */
export function createLogger(
  { service, instanceId, level }: { service: string; instanceId: string; level: string },
  destination: DestinationStream = pino.destination({ dest: 1, sync: false }),
): Logger {
  return pino(
    {
      level,
      base: { service, instanceId },
      messageKey: "message",
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: redactedPaths(), censor: "[redacted]" },
      mixin: contextFields,
    },
    destination,
  );
}

function contextFields(): Record<string, string> {
  const context = currentContext();
  if (!context) return {};
  return {
    requestId: context.requestId,
    traceId: traceIdOf(context.traceparent),
    ...(context.member ? { memberId: context.member.memberId } : {}),
  };
}

function redactedPaths(): string[] {
  const nested = ["body", "headers", "payload", "request", "*.body", "*.headers"];
  return [
    ...redactedAtTop,
    ...redactedAtTop.map((key) => join("*", key)),
    ...nested.flatMap((parent) => secretKeys.map((key) => join(parent, key))),
  ];
}

function join(parent: string, key: string): string {
  return key.startsWith("[") ? `${parent}${key}` : `${parent}.${key}`;
}
