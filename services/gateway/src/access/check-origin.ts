import cors from "@fastify/cors";
import { apiKeyHeader, type RoutePolicy } from "@kismet/contracts";
import type { App } from "@kismet/service-kit";
import type { FastifyRequest } from "fastify";
import type { Config } from "../config.ts";
import { OriginRefused } from "../gateway-errors.ts";
import { corsHeaders, exposedHeaders } from "./cors-headers.ts";
import { decideOrigin, type Provenance } from "./decide-origin.ts";

const preflightCachedSeconds = 600;

/** CORS answers for listed origins, and the refusal of everybody else's pages (A03). */
export async function checkOrigins(app: App, config: Config): Promise<void> {
  const listed = new Set(config.corsOrigins);
  app.addHook("onRequest", (request, reply, done) => {
    const { policy } = request;
    if (!policy && request.method !== "OPTIONS") return done();
    const refusal = decideOrigin(provenance(request, policy, config.env === "production"), listed);
    if (!refusal) return done();
    reply.header("vary", "origin");
    done(new OriginRefused(refusal));
  });
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(corsHeaders(request.headers.origin, listed));
    done();
  });
  await answerPreflights(app, config);
}

/**
 * In a scope of its own, where it hears of preflights only: on every other answer it would say what `corsHeaders` says, at
 * three times the cost.
 */
async function answerPreflights(app: App, { corsOrigins }: Config): Promise<void> {
  await app.register(async (scope) => {
    await scope.register(cors, {
      origin: corsOrigins,
      credentials: true,
      methods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
      allowedHeaders: [
        "authorization",
        "content-type",
        "idempotency-key",
        "if-none-match",
        "x-request-id",
        apiKeyHeader,
        "x-kismet-client",
        "x-csrf-token",
      ],
      exposedHeaders,
      maxAge: preflightCachedSeconds,
    });
  });
}

function provenance(
  request: FastifyRequest,
  policy: RoutePolicy | undefined,
  production: boolean,
): Provenance {
  const { headers } = request;
  const isSafe = request.method === "GET" || request.method === "HEAD";
  const protocols = headers["sec-websocket-protocol"] ?? "";
  return {
    // A preflight carries no credentials; what it asks for will be checked itself.
    production: production && request.method !== "OPTIONS",
    origin: headers.origin,
    fetchSite: headers["sec-fetch-site"],
    safe: isSafe,
    hasCookie: headers.cookie !== undefined,
    hasBearer: request.requestContext.token !== undefined,
    hasClientKey: request.requestContext.client !== undefined,
    websocket: headers.upgrade !== undefined,
    hasTicket: policy?.ticket === true && /(^|[, ])ticket\.[\w-]/.test(protocols),
    webhook: policy?.auth === "webhook",
    crossSite: policy?.crossSite === true,
    page: policy?.page === true ? (isSafe ? "opened" : "sent") : undefined,
    ownOrigin: policy?.page === true && URL.parse(headers.origin ?? "")?.host === request.host,
  };
}
