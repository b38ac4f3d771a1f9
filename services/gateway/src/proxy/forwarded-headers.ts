import { apiKeyHeader } from "@kismet/contracts";
import type { FastifyRequest } from "fastify";

/** Of one connection only (RFC 9110, 7.6.1), and what claims to come from a proxy: nobody before us is believed. */
const dropped = new Set([
  // The upstream's own is sent; the client's goes as `x-forwarded-host`.
  "host",
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
  // Of the request's context, which is added below.
  "authorization",
  "x-request-id",
  "x-deadline-ms",
  "traceparent",
]);

const usualConnections = new Set(["keep-alive", "close", "upgrade", "Upgrade"]);

/**
 * The headers that a service sees, name by value: the client's, less what it could deceive with, plus the request's
 * context. `x-deadline-ms` and `traceparent` are not among them: they are others for each attempt.
 */
export function forwardedHeaders(request: FastifyRequest): string[] {
  const { headers, policy, requestContext } = request;
  const forwarded: string[] = [];
  const named = namedByConnection(headers.connection);
  for (const name in headers) {
    if (dropped.has(name) || named?.has(name) || (name === "cookie" && policy?.cookie !== true)) continue;
    const value = headers[name];
    if (typeof value === "string") forwarded.push(name, value);
    else for (const each of value ?? []) forwarded.push(name, each);
  }
  forwarded.push("x-request-id", requestContext.requestId);
  if (requestContext.token !== undefined) forwarded.push("authorization", `Bearer ${requestContext.token}`);
  // A key is for the edge, and for services that ask for one themselves.
  const key = headers[apiKeyHeader];
  if (requestContext.client && policy?.auth === "client" && typeof key === "string")
    forwarded.push(apiKeyHeader, key);
  forwarded.push("x-forwarded-for", request.ip);
  forwarded.push("x-forwarded-host", request.host);
  forwarded.push("x-forwarded-proto", request.protocol);
  return forwarded;
}

/** A client may name further fields of its connection only; never those that are added here. */
function namedByConnection(connection: string | undefined): Set<string> | undefined {
  if (connection === undefined || usualConnections.has(connection)) return undefined;
  return new Set(connection.split(",").map((name) => name.trim().toLowerCase()));
}
