import { type Attributes, propagation, ROOT_CONTEXT, SpanStatusCode, trace } from "@opentelemetry/api";
import { requireContext } from "../context/request-context.ts";

const tracer = trace.getTracer("@kismet/service-kit");

/** Runs `work` in a span below the trace of the current context; costs next to nothing while telemetry is off. */
export async function inSpan<T>(
  name: string,
  attributes: Attributes,
  work: () => Promise<T> | T,
): Promise<T> {
  const parent = propagation.extract(ROOT_CONTEXT, { traceparent: requireContext().traceparent });
  return tracer.startActiveSpan(name, { attributes }, parent, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}
