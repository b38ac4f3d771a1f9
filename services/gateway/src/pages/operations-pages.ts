import type { App, Parts } from "@kismet/service-kit";
import type { FastifyRequest } from "fastify";
import { NotFound, publishDocument } from "@kismet/service-kit";
import swaggerUi from "@fastify/swagger-ui";
import { loadOpenApi } from "../proxy/route-table.ts";
import { publishPacked } from "./publish-packed.ts";

const loopback = new Set(["127.0.0.1", "::1", "::ffff:127.0.0.1"]);

/** `/healthz`, `/readyz`, `/metrics`, `/openapi.json` and `/docs`: what the gateway answers by itself. */
export async function servePages(parts: Parts, app: App): Promise<void> {
  const asHeadToo = { exposeHeadRoute: true };
  app.get("/healthz", asHeadToo, async () => ({ status: "up" }));
  app.get("/readyz", asHeadToo, async (request, reply) => {
    const report = parts.health.report();
    void reply.code(report.ready ? 200 : 503);
    return isLocal(request) ? report : { ready: report.ready, state: report.state };
  });
  app.get("/metrics", async (request, reply) => {
    if (!isLocal(request)) throw new NotFound("There is no such address.");
    return reply.type(parts.metrics.contentType).send(await parts.metrics.metrics());
  });
  const document = loadOpenApi();
  await publishDocument(app, document);
  publishPacked(app, "/openapi.json", document);
  await app.register(swaggerUi, { routePrefix: "/docs", staticCSP: true });
}

/** By the connection and not by a header: whoever can set one could claim anything. */
function isLocal(request: FastifyRequest): boolean {
  return loopback.has(request.socket.remoteAddress ?? "") && request.headers["x-forwarded-for"] === undefined;
}
