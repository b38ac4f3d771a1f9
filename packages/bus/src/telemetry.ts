import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";

const tracer = trace.getTracer("@kismet/bus");

export { SpanKind };

type SpanOptions = {
  kind: SpanKind;
  attributes?: Attributes;
  /** Headers of the message that caused this; without them the span belongs to the active one. */
  cause?: { traceparent: string | undefined };
};

/** Runs `work` in a span, if telemetry is switched on; costs next to nothing if it is not. */
export function inSpan<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  const { kind, attributes, cause } = options;
  const parent = cause ? propagation.extract(ROOT_CONTEXT, cause) : context.active();
  return tracer.startActiveSpan(
    name,
    { kind, attributes: { "messaging.system": "nats", ...attributes } },
    parent,
    async (span) => {
      try {
        return await work();
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        if (error instanceof Error) span.recordException({ name: error.name, message: error.message });
        throw error;
      } finally {
        span.end();
      }
    },
  );
}
