import { randomBytes } from "node:crypto";
import { context, isSpanContextValid, propagation, trace } from "@opentelemetry/api";

const traceparentPattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Continues the caller's trace if its header is well formed (W3C trace context, level 1), else begins one. */
export function continueTrace(header: string | undefined): string {
  return activeTraceparent() ?? (header && traceparentPattern.test(header) ? header : newTraceparent());
}

/** Whether a telemetry SDK traces the current work: its HTTP clients then send the trace's headers themselves. */
export function isTraced(): boolean {
  return activeTraceparent() !== undefined;
}

export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

/** Headers that carry the active span, or the given trace while no telemetry SDK runs. */
export function traceHeaders(traceparent: string): Record<string, string> {
  const headers: Record<string, string> = { traceparent };
  propagation.inject(context.active(), headers);
  return headers;
}

function activeTraceparent(): string | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  if (!span || !isSpanContextValid(span)) return undefined;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, "0")}`;
}

/** Random hexadecimal digits in bulk: a system call for each request would show in profiles. */
let digits = "";
let taken = 0;

function newTraceparent(): string {
  if (taken + 48 > digits.length) {
    digits = randomBytes(24 * 256).toString("hex");
    taken = 0;
  }
  const traceId = digits.slice(taken, taken + 32);
  const spanId = digits.slice(taken + 32, taken + 48);
  taken += 48;
  return `00-${traceId}-${spanId}-01`;
}
