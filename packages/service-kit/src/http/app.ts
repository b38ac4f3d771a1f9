import type { RouteOptions } from "fastify";
import type { Parts } from "../lifecycle/parts.ts";
import type { TokenVerifier } from "../tokens/token-verifier.ts";
import { type App, createAppShell } from "./app-shell.ts";
import { authenticate } from "./authentication.ts";
import { withinDeadlineOf } from "./handler-deadline.ts";
import { acceptJson } from "./json-body.ts";
import { describeRoutes } from "./openapi.ts";
import { enforceRouteRules, isWebsocket, routeTableEntry } from "./route-rules.ts";
import { validatorCompiler } from "./validation.ts";

/**
 * An app in which a route can't lack what every route must have: what a service would have to remember is done here,
 * in hooks and one error handler, or the route does not register.
 */
export function createHttpApp(parts: Parts, { verifier }: { verifier: TokenVerifier }): App {
  const app = createAppShell(parts);
  app.setValidatorCompiler(validatorCompiler);
  app.addHook("onRoute", (route) => admitRoute(parts, app, route));
  describeRoutes(app, parts.name);
  app.addHook("onRequest", async (request) => {
    const { policy } = request.routeOptions.config;
    const member = policy && (await authenticate(verifier, policy, request.requestContext.token));
    if (member) request.requestContext.member = member;
  });
  acceptJson(app);
  return app;
}

function admitRoute(parts: Parts, app: App, route: RouteOptions): void {
  enforceRouteRules(route);
  if (!isWebsocket(route)) route.handler = withinDeadlineOf(route.handler);
  app.routeTable.push(routeTableEntry(parts.name, route));
}
