import type { IncomingHttpHeaders } from "node:http";
import { apiKeyHeader } from "@kismet/contracts";
import { contextHeaders } from "@kismet/service-kit";
import type { FastifyRequest } from "fastify";

/** Of one connection only (RFC 9110, 7.6.1), and what claims to come from a proxy: nobody before us is believed. */
const dropped = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "expect",
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-forwarded-prefix",
  "x-real-ip",
  "x-client-ip",
  "true-client-ip",
  "cf-connecting-ip",
  "via",
  apiKeyHeader,
  "x-original-url",
  "x-rewrite-url",
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
  // Anybody's notes, which would travel with every call made for the request.
  "tracestate",
  "baggage",
]);

/** The headers that a service sees: the client's, less what it could deceive with, plus the request's context. */
export function forwardedHeaders(request: FastifyRequest, headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { policy } = request.routeOptions.config;
  const forwarded: IncomingHttpHeaders = {};
  for (const name in headers) {
    if (dropped.has(name) || (name === "cookie" && policy?.cookie !== true)) continue;
    forwarded[name] = headers[name];
  }
  Object.assign(forwarded, contextHeaders());
  // A key is for the edge, and for services that ask for one themselves.
  if (request.requestContext.client && request.routeOptions.config.policy?.auth === "client")
    forwarded[apiKeyHeader] = headers[apiKeyHeader];
  forwarded["x-forwarded-for"] = request.ip;
  forwarded["x-forwarded-host"] = request.host;
  forwarded["x-forwarded-proto"] = request.protocol;
  return forwarded;
}

/** Of a service's answer: the connection to it is no affair of the client's. */
export function answeredHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection: _c, "keep-alive": _k, "x-powered-by": _p, server: _s, ...answered } = headers;
  return answered;
}
