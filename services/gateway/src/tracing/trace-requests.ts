import {
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { type App, traceIdOf } from "@kismet/service-kit";
import type { FastifyReply, FastifyRequest } from "fastify";

declare module "fastify" {
  interface FastifyRequest {
    /** Of a request that is traced. */
    span: Span | undefined;
  }
}

const notSampled = "00";
const sampled = 1;
/** Asked for every second, and say nothing. */
const untraced = new Set(["/healthz", "/readyz", "/metrics"]);

/**
 * The edge decides which requests are traced, before anything is made for it, and makes the two spans of these by hand:
 * instrumentation of every request costs more than all policies together, also where it then records nothing. A client's
 * trace is continued, but whether we record it is not the client's to say.
 */
export function traceRequests(app: App, share: number): void {
  app.decorateRequest("span", undefined);
  const tracer = trace.getTracer("gateway");
  if (!isRecording(tracer)) return;
  app.addHook("onRequest", (request, reply, done) => {
    const context = request.requestContext;
    if (Math.random() < share && !untraced.has(request.route ?? "")) {
      const span = serverSpan(tracer, request);
      request.span = span;
      context.traceparent = traceparentOf(span);
      reply.raw.once("close", () => endServerSpan(span, reply));
    } else context.traceparent = context.traceparent.slice(0, -2) + notSampled;
    done();
  });
}

/** One attempt at an upstream; undefined if the request is not traced. */
export function upstreamSpan(request: FastifyRequest, service: string): Span | undefined {
  if (!request.span) return undefined;
  const context = trace.setSpan(ROOT_CONTEXT, request.span);
  const attributes = { "http.request.method": request.method, "server.address": service };
  return trace.getTracer("gateway").startSpan(request.method, { kind: SpanKind.CLIENT, attributes }, context);
}

export function endWith(span: Span | undefined, error?: Error): void {
  if (error) span?.recordException(error);
  if (error) span?.setStatus({ code: SpanStatusCode.ERROR });
  span?.end();
}

export function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

/** Without an SDK a span is made of nothing. This one is never ended, and so never told of. */
function isRecording(tracer: Tracer): boolean {
  return isSpanContextValid(tracer.startSpan("start", { root: true }).spanContext());
}

function serverSpan(tracer: Tracer, request: FastifyRequest): Span {
  const { traceparent } = request.requestContext;
  const { route } = request;
  const isContinued = request.headers["traceparent"] === traceparent;
  const parent = isContinued
    ? trace.setSpanContext(ROOT_CONTEXT, {
        traceId: traceIdOf(traceparent),
        spanId: traceparent.slice(36, 52),
        traceFlags: sampled,
        isRemote: true,
      })
    : ROOT_CONTEXT;
  const attributes = {
    "http.request.method": request.method,
    ...(route === undefined ? {} : { "http.route": route }),
    "kismet.request_id": request.id,
  };
  const name = route === undefined ? request.method : `${request.method} ${route}`;
  return tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
}

function endServerSpan(span: Span, reply: FastifyReply): void {
  span.setAttribute("http.response.status_code", reply.statusCode);
  if (reply.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
