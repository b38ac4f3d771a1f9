import type { IncomingMessage } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { Member, RoutePolicy, RouteTableEntry } from "@kismet/contracts";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from "fastify";
import {
  acceptRequestId,
  contextFromHeaders,
  type RequestContext,
  runWithContext,
} from "../context/request-context.ts";
import { DeadlineExceeded } from "../errors/kit-errors.ts";
import { toProblem } from "../errors/to-problem.ts";
import type { Parts, ProcessConfig } from "../lifecycle/parts.ts";
import type { Logger } from "../logging/logger.ts";
import { renderErrorPage } from "../pages/error-page.ts";
import { isForPeople, readerOfRequest, sendPage } from "../pages/send-page.ts";
import { logRequests } from "./access-log.ts";
import { memberOf } from "./authentication.ts";
import { answerUnreadable } from "./unreadable-requests.ts";
import { measureRequests } from "./http-metrics.ts";
import { refuseUnknownAddresses } from "./not-found.ts";
import { addSecurityHeaders, bareAnswerHeaders } from "./security-headers.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    policy?: RoutePolicy;
    /** Of a list for staff: whose data an answer shows. Each of them is recorded. */
    membersIn?: (answer: never) => readonly string[];
  }
  interface FastifyRequest {
    /** Whom the access token speaks for; throws on a route whose policy asks for nobody. */
    readonly member: Member;
    requestContext: RequestContext;
    /** Of its route, as `routeOptions` says it, which is composed anew each time that it is asked. */
    policy: RoutePolicy | undefined;
    /** The address of its route, with its parameters by name; undefined if there is none. */
    route: string | undefined;
    /** The bytes of the body, kept on webhook routes: signatures are over them. */
    rawBody: Buffer | null;
  }
  interface FastifyInstance {
    routeTable: RouteTableEntry[];
  }
}

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Of addresses that do not exist and pages without a policy: their answers need a context too. */
const defaultTimeoutMs = 5_000;
const maxUrlParameterLength = 200;
/** Of a request's head at the edge, which is Node's own default. */
export const maxHeadBytes = 16 * 1_024;

/**
 * What services and the edge have in common: request context, security headers, one error handler, metrics, access log.
 * Services build on it with `createHttpApp`; only the gateway, whose routes come from a table, uses it bare.
 */
export function createAppShell(parts: Parts, maxHeaderSize = maxHeadBytes): App {
  const { accessLogSample, trustedProxies, headersTimeoutMs, requestTimeoutMs } =
    parts.config as ProcessConfig;
  const app = Fastify({
    loggerInstance: childless(parts.logger),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (request) => acceptRequestId(headerOf(request.headers["x-request-id"])),
    trustProxy: trustedProxies.length > 0 ? trustedProxies : false,
    return503OnClosing: false,
    forceCloseConnections: "idle",
    exposeHeadRoutes: false,
    bodyLimit: 1,
    keepAliveTimeout: 65_000,
    requestTimeout: requestTimeoutMs,
    http: {
      maxHeaderSize,
      headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
      connectionsCheckingInterval: Math.min(1_000, headersTimeoutMs / 2),
      // Looked at with the rest of the request: the answer to a missing one is a problem as well.
      requireHostHeader: false,
      shouldUpgradeCallback: isSocketUpgrade,
      // Without a body there is no stream of it to end.
      optimizeEmptyRequests: true,
    },
    clientErrorHandler: answerUnreadable,
    routerOptions: { maxParamLength: maxUrlParameterLength },
    frameworkErrors: (error, request, reply) => answerError(parts, error, request, reply as FastifyReply),
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.decorate("routeTable", []);
  app.decorateRequest("rawBody", null);
  app.decorateRequest("requestContext");
  app.decorateRequest("policy", undefined);
  app.decorateRequest("route", undefined);
  app.decorateRequest("member", {
    getter(this: FastifyRequest) {
      return memberOf(this);
    },
  });
  addSecurityHeaders(app);
  beginContext(parts, app);
  measureRequests(app, parts.metrics);
  logRequests(app, parts.logger, accessLogSample);
  refuseUnknownAddresses(app);
  app.setErrorHandler((error, request, reply) => answerError(parts, error, request, reply));
  return app;
}

/**
 * The context puts the ids into each line, so a child logger a request would only repeat them. Not by Fastify's
 * `childLoggerFactory`, whose loggers it checks with every request.
 */
function childless(logger: Logger): FastifyBaseLogger {
  const own = Object.create(logger) as FastifyBaseLogger;
  own.child = () => own;
  return own;
}

/** Any other upgrade is passed over (RFC 9110, 7.8): the request is an ordinary one, and its body a body. */
function isSocketUpgrade({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
}

function beginContext(parts: Parts, app: App): void {
  app.addHook("onRequest", (request, reply, done) => {
    const { url, config } = request.routeOptions;
    request.route = url;
    request.policy = config.policy;
    const timeoutMs = request.policy?.timeoutMs ?? defaultTimeoutMs;
    const known = { timeoutMs, requestId: request.id };
    const context = contextFromHeaders((name) => headerOf(request.headers[name]), known);
    context.address = request.ip;
    request.requestContext = context;
    reply.header("x-request-id", context.requestId);
    reply.header("cache-control", "no-store");
    if (parts.health.isDraining()) reply.header("connection", "close");
    if (context.deadline.expired()) done(new DeadlineExceeded());
    else runWithContext(context, done);
  });
  // Reading a body continues from the socket's events, which know nothing of the context.
  app.addHook("preValidation", (request, _reply, done) => runWithContext(request.requestContext, done));
}

function answerError(parts: Parts, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, headers, body } = toProblem(error, request.id);
  if (status >= 500) {
    // Late and unavailable are how an overloaded or recovering system speaks; 500 is a fault that somebody must mend.
    const level = status === 500 ? "error" : "warn";
    const log = () => parts.logger[level]({ err: error, code: body.code }, "request failed");
    if (request.requestContext) runWithContext(request.requestContext, log);
    else log();
  }
  if (isForPeople(request)) {
    void sendPage(
      reply.headers({ ...headers, "x-request-id": request.id }),
      status,
      renderErrorPage(readerOfRequest(request).language, status, request.id),
    );
    return;
  }
  void reply
    .code(status)
    .headers({ ...(request.requestContext ? {} : bareAnswerHeaders), ...headers, "x-request-id": request.id })
    .type("application/problem+json")
    .send(body);
}

export function headerOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
