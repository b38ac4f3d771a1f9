import type { App, Parts } from "@kismet/service-kit";
import type { FastifyRequest } from "fastify";
import { NotFound, publishDocument } from "@kismet/service-kit";
import swaggerUi from "@fastify/swagger-ui";
import { loadOpenApi } from "../proxy/route-table.ts";

const loopback = new Set(["127.0.0.1", "::1", "::ffff:127.0.0.1"]);

/** `/healthz`, `/readyz`, `/metrics`, `/openapi.json` and `/docs`: what the gateway answers by itself. */
export async function servePages(parts: Parts, app: App): Promise<void> {
  app.get("/healthz", async () => ({ status: "up" }));
  app.get("/readyz", async (request, reply) => {
    const report = parts.health.report();
    void reply.code(report.ready ? 200 : 503);
    return isLocal(request) ? report : { ready: report.ready, state: report.state };
  });
  app.get("/metrics", async (request, reply) => {
    if (!isLocal(request)) throw new NotFound("There is no such address.");
    return reply.type(parts.metrics.contentType).send(await parts.metrics.metrics());
  });
  await publishDocument(app, loadOpenApi());
  app.get("/openapi.json", async (_request, reply) => reply.type("application/json").send(loadOpenApi()));
  await app.register(swaggerUi, { routePrefix: "/docs", staticCSP: true });
}

/** By the connection and not by a header: whoever can set one could claim anything. */
function isLocal(request: FastifyRequest): boolean {
  return loopback.has(request.socket.remoteAddress ?? "") && request.headers["x-forwarded-for"] === undefined;
}
