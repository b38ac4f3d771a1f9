import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import replyFrom from "@fastify/reply-from";
import type { RouteTableEntry } from "@kismet/contracts";
import type { App } from "@kismet/service-kit";
import type { FastifyReply, FastifyRequest } from "fastify";
import { asPublicFailure, decideRetry } from "./failures.ts";
import { answeredHeaders, forwardedHeaders } from "./forwarded-headers.ts";
import { readBody } from "./read-body.ts";
import type { Upstreams } from "./upstreams.ts";

/** Each route of the table as a route of its own: what is not in the table is not reachable. */
export async function proxyRoutes(
  app: App,
  table: readonly RouteTableEntry[],
  upstreams: Upstreams,
): Promise<void> {
  await app.register(replyFrom, { undici: upstreams.dispatcher, disableRequestLogging: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (request: FastifyRequest, payload: IncomingMessage) =>
    readBody(request, payload),
  );
  for (const entry of table) {
    app.routeTable.push(entry);
    if (entry.websocket === true) continue;
    app.route({
      method: entry.method,
      url: entry.path,
      bodyLimit: entry.policy.bodyLimit,
      config: { policy: entry.policy },
      handler: (request, reply) => forward(entry, upstreams, request, reply),
    });
  }
}

function forward(
  { service, policy }: RouteTableEntry,
  upstreams: Upstreams,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const upstream = upstreams.of(service);
  const { body } = request;
  const isHeld = Buffer.isBuffer(body);
  return reply.from(request.url.split("?", 1)[0] ?? "/", {
    // Bytes as they came: left to itself, reply-from would encode a held JSON body once more.
    ...(isHeld ? { body, contentType: request.headers["content-type"] ?? "application/octet-stream" } : {}),
    getUpstream: () => `http://${service}`,
    rewriteRequestHeaders: (_request, headers) => forwardedHeaders(request, headers),
    rewriteHeaders: (headers) => answeredHeaders(headers),
    retriesCount: 1,
    retryDelay: ({ err, attempt }) =>
      err
        ? decideRetry(
            {
              error: err,
              attempt,
              replayable: !(body instanceof Readable),
              idempotent: policy.idempotent,
              restarting: upstream.isRestarting(),
              remainingMs: request.requestContext.deadline.remainingMs(),
            },
            Math.random,
          )
        : null,
    onError: (failedReply, { error }) => {
      void failedReply.send(asPublicFailure(error));
    },
  });
}
