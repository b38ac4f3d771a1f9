import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import replyFrom from "@fastify/reply-from";
import type { RouteTableEntry } from "@kismet/contracts";
import type { App } from "@kismet/service-kit";
import type { FastifyReply, FastifyRequest } from "fastify";
import { asPublicFailure, decideRetry } from "./failures.ts";
import { answeredHeaders, forwardedHeaders } from "./forwarded-headers.ts";
import { readBody } from "./read-body.ts";
import type { Visit } from "../shedding/concurrency.ts";
import { priorityOf } from "../shedding/decide-shedding.ts";
import type { Shedding } from "../shedding/shed-load.ts";
import type { Upstreams } from "./upstreams.ts";

/** Each route of the table as a route of its own: what is not in the table is not reachable. */
export async function proxyRoutes(
  app: App,
  table: readonly RouteTableEntry[],
  upstreams: Upstreams,
  shedding: Shedding,
): Promise<void> {
  await app.register(replyFrom, { undici: upstreams.dispatcher, disableRequestLogging: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (request: FastifyRequest, payload: IncomingMessage) =>
    readBody(request, payload),
  );
  for (const entry of table) {
    app.routeTable.push(entry);
    if (entry.websocket === true) continue;
    const priority = priorityOf(entry);
    // While an instance comes back requests wait for it, which is no sign of too many.
    const entrance = shedding.entranceOf(entry, upstreams.of(entry.service).isRestarting);
    app.route({
      method: entry.method,
      url: entry.path,
      bodyLimit: entry.policy.bodyLimit,
      config: { policy: entry.policy },
      handler: (request, reply) => {
        const visit = entrance.enter(priority);
        if (!visit) return shedding.refuse(request, reply, priority);
        // Comes once for every answer, also for one whose client has gone.
        reply.raw.once("close", visit.left);
        return forward(entry, upstreams, visit, request, reply);
      },
    });
  }
}

function forward(
  { service, policy }: RouteTableEntry,
  upstreams: Upstreams,
  visit: Visit,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const upstream = upstreams.of(service);
  const { body } = request;
  const isHeld = Buffer.isBuffer(body);
  let isFirstTry = true;
  return reply.from(request.url.split("?", 1)[0] ?? "/", {
    // Bytes as they came: left to itself, reply-from would encode a held JSON body once more.
    ...(isHeld ? { body, contentType: request.headers["content-type"] ?? "application/octet-stream" } : {}),
    getUpstream: () => `http://${service}`,
    rewriteRequestHeaders: (_request, headers) => forwardedHeaders(request, headers),
    rewriteHeaders: (headers) => {
      visit.answered(isFirstTry);
      return answeredHeaders(headers);
    },
    retriesCount: 1,
    retryDelay: ({ err, attempt }) => {
      if (!err) return null;
      isFirstTry = false;
      return decideRetry(
        {
          error: err,
          attempt,
          replayable: !(body instanceof Readable),
          idempotent: policy.idempotent,
          restarting: upstream.isRestarting(),
          remainingMs: request.requestContext.deadline.remainingMs(),
        },
        Math.random,
      );
    },
    onError: (failedReply, { error }) => {
      void failedReply.send(asPublicFailure(error));
    },
  });
}
