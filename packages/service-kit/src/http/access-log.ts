import type { FastifyInstance } from "fastify";
import type { RequestContext } from "../context/request-context.ts";
import { traceIdOf } from "../context/trace-context.ts";
import { createLineWriter, quoted } from "../logging/line-writer.ts";
import type { Logger } from "../logging/logger.ts";

/** One line a request, without its query or body; failures always, the rest sampled by trace. */
export function logRequests(app: FastifyInstance, logger: Logger, sample: number): void {
  const write = createLineWriter(logger);
  app.addHook("onResponse", (request, reply, done) => {
    const context = request.requestContext;
    const traceId = traceIdOf(context.traceparent);
    const { statusCode } = reply;
    // Of refusals under load there are too many, and they are counted.
    const failed = statusCode >= 500 && context.isShed !== true;
    if (failed || isSampled(traceId, sample)) {
      const route = quoted(request.route ?? "unknown");
      const durationMs = Math.round(reply.elapsedTime * 10) / 10;
      const ofRequest = `,"method":"${request.method}","route":${route},"status":${statusCode},"durationMs":${durationMs}`;
      write(failed ? "warn" : "info", `${idFields(context, traceId)}${ofRequest}`, "request");
    }
    done();
  });
}

/** As the logger's own (`contextFields`): a line is found by the same names. */
function idFields({ requestId, member, client }: RequestContext, traceId: string): string {
  const ofMember = member ? `,"memberId":${quoted(member.memberId)}` : "";
  const ofClient = client ? `,"clientId":${quoted(client.clientId)}` : "";
  return `,"requestId":${quoted(requestId)},"traceId":"${traceId}"${ofMember}${ofClient}`;
}

export function isSampled(traceId: string, sample: number): boolean {
  return sample >= 1 || Number.parseInt(traceId.slice(-8), 16) / 0xffff_ffff <= sample;
}
