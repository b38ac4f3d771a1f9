import { type Member, Uuid } from "@kismet/contracts";
import type { FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import { Counter } from "prom-client";
import { Value } from "typebox/value";
import { runWithContext } from "../context/request-context.ts";
import { Forbidden, Unauthenticated } from "../errors/kit-errors.ts";
import type { Parts } from "../lifecycle/parts.ts";
import type { ClientKeys } from "../tokens/client-keys.ts";
import type { TokenVerifier } from "../tokens/token-verifier.ts";
import { type App, createAppShell, maxHeadBytes } from "./app-shell.ts";
import { authenticate, authenticateClient, requireRole } from "./authentication.ts";
import { withinDeadlineOf } from "./handler-deadline.ts";
import { acceptJson } from "./json-body.ts";
import { describeRoutes } from "./openapi.ts";
import { RefusalBudget } from "./refusal-budget.ts";
import { enforceRouteRules, isWebsocket, type RouteGuards, routeTableEntry } from "./route-rules.ts";
import { validatorCompiler } from "./validation.ts";

/**
 * Room in a request's head for what the edge adds to it: its context, and whom it came from. Without it, what the edge has just
 * let in would be refused here, and a client could make every instance look faulty.
 */
const addedByEdgeBytes = 2 * 1_024;

export type Guards = {
  verifier: TokenVerifier;
  /** Throws unless the session was authenticated a moment ago. Without it no route that asks for that registers. */
  requireFresh?: (member: Member) => Promise<void>;
  /** Without it no route for clients registers. */
  clients?: ClientKeys;
  /** Records each use of a route for staff before it is answered. Without it no such route registers. */
  recordStaff?: (use: StaffUse) => Promise<void>;
};

/** What somebody of the staff called, and about which member: `/members/:id` in its path, `memberId`, or one whom it showed. */
export type StaffUse = {
  method: string;
  route: string;
  memberId?: string | undefined;
  outcome: "ok" | "refused";
  /** How often this member was refused within the hour; more rarely told of the more they are. */
  times?: number;
};

/**
 * An app in which a route can't lack what every route must have: what a service would have to remember is done here,
 * in hooks and one error handler, or the route does not register.
 */
export function createHttpApp(parts: Parts, { verifier, requireFresh, clients, recordStaff }: Guards): App {
  const app = createAppShell(parts, maxHeadBytes + addedByEdgeBytes);
  app.setValidatorCompiler(validatorCompiler);
  const can = {
    canStepUp: requireFresh !== undefined,
    canKnowClients: clients !== undefined,
    canRecordStaff: recordStaff !== undefined,
  };
  app.addHook("onRoute", (route) => admitRoute(parts, app, route, can));
  describeRoutes(app, parts.name);
  app.addHook("onRequest", async (request) => {
    const { policy } = request;
    // What a route doesn't know of can't speak for anybody, whoever made the browser send it.
    if (policy?.cookie !== true) delete request.headers.cookie;
    const member = policy && (await authenticate(verifier, policy, request.requestContext.token));
    if (member) request.requestContext.member = member;
    if (policy && member) requireRole(policy, member);
    if (policy?.stepUp === true) await stepUp(member, requireFresh);
    if (policy?.auth === "client") authenticateClient(clients, request);
  });
  if (recordStaff) recordUses(parts, app, recordStaff);
  acceptJson(app);
  return app;
}

/** Before the handler runs: what can't be recorded is not shown. Who was refused is recorded too, within bounds. */
function recordUses(parts: Parts, app: App, recordStaff: NonNullable<Guards["recordStaff"]>): void {
  const refused = new Counter({
    name: "kismet_staff_refused_total",
    help: "Requests for staff of members without the role, or that a rule refused",
    registers: [parts.metrics],
  });
  // Apart: members without a role must not use up what tells of those who have one.
  const budgets = { staff: new RefusalBudget(), members: new RefusalBudget() };
  const use = (request: FastifyRequest, outcome: StaffUse["outcome"]): StaffUse | undefined => {
    const { url = "", config } = request.routeOptions;
    if (config.policy?.auth !== "staff" || !request.requestContext.member) return undefined;
    return { method: request.method, route: url, memberId: memberIdIn(url, request.params), outcome };
  };
  app.addHook("preHandler", async (request) => {
    const made = use(request, "ok");
    if (made) await recordStaff(made);
  });
  app.addHook("preSerialization", async (request, reply, answer) => {
    const made = reply.statusCode < 300 ? use(request, "ok") : undefined;
    const shown = made && request.routeOptions.config.membersIn?.(answer as never);
    // As many as a page holds, at most.
    if (shown)
      await runWithContext(request.requestContext, () =>
        Promise.all([...new Set(shown)].map((memberId) => recordStaff({ ...made, memberId }))),
      );
    return answer;
  });
  app.addHook("onError", async (request, _reply, error) => {
    const made = error instanceof Forbidden ? use(request, "refused") : undefined;
    const { member } = request.requestContext;
    if (!made || !member) return;
    refused.inc();
    const budget = member.roles.length > 0 ? budgets.staff : budgets.members;
    const times = budget.take(member.memberId, parts.clock.now());
    if (times !== undefined)
      await runWithContext(request.requestContext, () => recordStaff({ ...made, times }));
  });
}

function memberIdIn(route: string, params: unknown): string | undefined {
  const { id, memberId } = (params ?? {}) as { id?: unknown; memberId?: unknown };
  const found = memberId ?? (route.includes("/members/:id") ? id : undefined);
  return Value.Check(Uuid, found) ? found : undefined;
}

/** What is missing here was refused when the route registered; should it be missing after all, nobody gets in. */
async function stepUp(member: Member | undefined, requireFresh: Guards["requireFresh"]): Promise<void> {
  if (!member || !requireFresh) throw new Unauthenticated();
  await requireFresh(member);
}

function admitRoute(parts: Parts, app: App, route: RouteOptions, can: RouteGuards): void {
  enforceRouteRules(route, can);
  if (!isWebsocket(route)) route.handler = withinDeadlineOf(route.handler);
  if (answersNothing(route)) route.onSend = sendNothing;
  app.routeTable.push(routeTableEntry(parts.name, route));
}

function answersNothing({ schema }: RouteOptions): boolean {
  const answers = Object.values((schema?.response ?? {}) as Record<string, { type?: string }>);
  return answers.some(({ type }) => type === "null");
}

/** A 202 without a body would otherwise be the word `null`: with 204 alone Fastify knows what is meant. */
async function sendNothing(
  _request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  if (payload !== "null") return payload;
  void reply.removeHeader("content-type");
  return "";
}
