import { apiKeyHeader } from "@kismet/contracts";
import { type App, authenticateClient, type ClientKeys, Counter, type Parts } from "@kismet/service-kit";
import type { RequestLimits } from "../limits/limit-requests.ts";

/**
 * Whose API key came with a request. One that is not good is refused wherever it is shown, so that revoking a client
 * stops it on public routes too; a request without one costs no more than the look for it.
 */
export function identifyClients(parts: Parts, app: App, clients: ClientKeys, limits: RequestLimits): void {
  const requests = new Counter({
    name: "kismet_client_requests_total",
    help: "Requests with an API key, by the client whose it is; of nobody if it was refused",
    labelNames: ["client"],
    registers: [parts.metrics],
  });
  app.addHook("onRequest", (request, reply, done) => {
    if (request.headers[apiKeyHeader] === undefined) return done();
    try {
      authenticateClient(clients, request);
    } catch (error) {
      requests.inc({ client: "" });
      // Who tries keys is limited as all who try anything.
      limits.byAddress(request, reply).then(() => done(error as Error), done);
      return;
    }
    requests.inc({ client: request.requestContext.client?.name ?? "" });
    done();
  });
}
