import { createHash, timingSafeEqual } from "node:crypto";
import cors from "@fastify/cors";
import type { RoutePolicy } from "@kismet/contracts";
import type { App } from "@kismet/service-kit";
import type { FastifyRequest } from "fastify";
import type { Config } from "../config.ts";
import { OriginRefused } from "../gateway-errors.ts";
import { decideOrigin } from "./decide-origin.ts";

const exposedHeaders = [
  "x-request-id",
  "retry-after",
  "ratelimit-limit",
  "ratelimit-remaining",
  "ratelimit-reset",
];
const preflightCachedSeconds = 600;

/** CORS answers for listed origins, and the refusal of everybody else's pages (A03). */
export async function checkOrigins(app: App, config: Config): Promise<void> {
  const listed = new Set(config.corsOrigins);
  const isClientKey = keyChecker(config.clientKeys);
  app.addHook("onRequest", async (request) => {
    const { policy } = request.routeOptions.config;
    if (!policy && request.method !== "OPTIONS") return;
    const refusal = decideOrigin(
      provenance(request, policy, config.env === "production", isClientKey),
      listed,
    );
    if (refusal) throw new OriginRefused(refusal);
  });
  await app.register(cors, {
    origin: config.corsOrigins,
    credentials: true,
    methods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
    allowedHeaders: ["authorization", "content-type", "idempotency-key", "x-request-id", "x-client-key"],
    exposedHeaders,
    maxAge: preflightCachedSeconds,
  });
}

function provenance(
  request: FastifyRequest,
  policy: RoutePolicy | undefined,
  production: boolean,
  isClientKey: (key: string) => boolean,
) {
  const { headers } = request;
  const key = headers["x-client-key"];
  const protocols = headers["sec-websocket-protocol"] ?? "";
  return {
    // A preflight carries no credentials; what it asks for will be checked itself.
    production: production && request.method !== "OPTIONS",
    origin: headers.origin,
    fetchSite: headers["sec-fetch-site"],
    hasCookie: headers.cookie !== undefined,
    hasBearer: request.requestContext.token !== undefined,
    hasClientKey: typeof key === "string" && isClientKey(key),
    websocket: headers.upgrade !== undefined,
    hasTicket: policy?.ticket === true && /(^|[, ])ticket\.[\w-]/.test(protocols),
    webhook: policy?.auth === "webhook",
  };
}

/** Compares digests: in constant time whatever the lengths. */
function keyChecker(keys: readonly string[]): (key: string) => boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const known = keys.map(digest);
  return (key) => {
    const given = digest(key);
    return known.reduce((found, each) => timingSafeEqual(each, given) || found, false);
  };
}
