import type { RouteTableEntry } from "@kismet/contracts";
import { createAccessControl, createBus, createClientRegister } from "@kismet/bus";
import { type App, authenticate, ClientKeyRefused, createAppShell, type Parts } from "@kismet/service-kit";
import { checkOrigins } from "./access/check-origin.ts";
import { identifyClients } from "./access/identify-clients.ts";
import { refuseOddRequests } from "./access/refuse-odd-requests.ts";
import { cutOffStalled } from "./answers/cut-off-stalled.ts";
import type { Config } from "./config.ts";
import { limitRequests } from "./limits/limit-requests.ts";
import { servePages } from "./pages/operations-pages.ts";
import { proxyRoutes } from "./proxy/proxy-routes.ts";
import { loadRouteTable } from "./proxy/route-table.ts";
import { createUpstreams } from "./proxy/upstreams.ts";
import { shedLoad } from "./shedding/shed-load.ts";
import { traceRequests } from "./tracing/trace-requests.ts";
import { proxySockets } from "./sockets/proxy-sockets.ts";

/** The order of the hooks is the order in which a request is judged: the cheapest refusals come first. */
export async function buildApp(
  parts: Parts<Config>,
  table: RouteTableEntry[] = loadRouteTable(),
): Promise<App> {
  const bus = createBus(parts);
  const verifier = createAccessControl(parts, bus);
  const upstreams = createUpstreams(parts, bus, verifier);
  const app = createAppShell(parts);

  cutOffStalled(parts, app);
  traceRequests(app, parts.config.traceSample);
  const shedding = shedLoad(parts, app, table);
  refuseOddRequests(app);
  const limits = await limitRequests(parts, app);
  identifyClients(parts, app, createClientRegister(parts, bus), limits);
  await checkOrigins(app, parts.config);
  app.addHook("onRequest", async (request, reply) => {
    await limits.byAddress(request, reply);
    const { policy } = request;
    if (request.requestContext.client) await limits.byClient(request, reply);
    else if (policy?.auth === "client")
      throw new ClientKeyRefused("The API key of a registered client is needed.");
    const member = policy && (await authenticate(verifier, policy, request.requestContext.token));
    if (!member) return upstreams.recognise(request);
    request.requestContext.member = member;
    await limits.byMember(request, reply);
  });
  await servePages(parts, app);
  proxyRoutes(app, table, upstreams, shedding);
  proxySockets(parts, app, table, upstreams);
  return app;
}
