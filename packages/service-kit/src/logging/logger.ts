import { type DestinationStream, type Logger as PinoLogger, pino } from "pino";
import { currentContext } from "../context/request-context.ts";
import { traceIdOf } from "../context/trace-context.ts";
import { redact, redactError } from "./redact.ts";

export type Logger = PinoLogger;

/** Lines leave together: a write for each would be a twentieth of the gateway's CPU. What is fatal leaves at once. */
const gathering = { minLength: 4_096, periodicFlush: 100 };

/** Logs JSON lines; each carries the request id, trace id and member of the context that it is written in. */
export function createLogger(
  { service, instanceId, level }: { service: string; instanceId: string; level: string },
  destination: DestinationStream = pino.destination({ dest: 1, sync: false, ...gathering }),
): Logger {
  return pino(
    {
      level,
      base: { service, instanceId },
      messageKey: "message",
      formatters: { level: (label) => ({ level: label }), log: redact },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: redactError },
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
    ...(context.client ? { clientId: context.client.clientId } : {}),
  };
}
