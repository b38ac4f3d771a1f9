import type { FastifyInstance } from "fastify";
import { runWithContext } from "../context/request-context.ts";
import { traceIdOf } from "../context/trace-context.ts";
import type { Logger } from "../logging/logger.ts";

/** One line a request, without its query or body; failures always, the rest sampled by trace. */
export function logRequests(app: FastifyInstance, logger: Logger, sample: number): void {
  app.addHook("onResponse", (request, reply, done) => {
    const context = request.requestContext;
    // Of refusals under load there are too many, and they are counted.
    const failed = reply.statusCode >= 500 && context.isShed !== true;
    if (failed || isSampled(traceIdOf(context.traceparent), sample)) {
      runWithContext(context, () => {
        logger[failed ? "warn" : "info"](
          {
            method: request.method,
            route: request.routeOptions.url ?? "unknown",
            status: reply.statusCode,
            durationMs: Math.round(reply.elapsedTime * 10) / 10,
          },
          "request",
        );
      });
    }
    done();
  });
}

export function isSampled(traceId: string, sample: number): boolean {
  return Number.parseInt(traceId.slice(-8), 16) / 0xffff_ffff <= sample;
}
