import { FastifyOtelInstrumentation } from "@fastify/otel";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { IORedisInstrumentation } from "@opentelemetry/instrumentation-ioredis";
import { PgInstrumentation } from "@opentelemetry/instrumentation-pg";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { NodeSDK, type NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import { register } from "import-in-the-middle/register-hooks.mjs";
import { onTelemetryShutdown } from "./telemetry-shutdown.ts";

/** Probes and scrapes come every second and say nothing. */
const untraced = new Set(["/healthz", "/readyz", "/metrics"]);

export function startTelemetry({ instrumented }: { instrumented: boolean }): void {
  const sdk = new NodeSDK({ instrumentations: instrumented ? instrumentations() : [] });
  sdk.start();
  onTelemetryShutdown(() => sdk.shutdown());
}

/** Spans leave the system: what a query says is left out of them, since the links of mails carry tokens in it. */
function instrumentations(): NonNullable<NodeSDKConfiguration["instrumentations"]> {
  // Hooks into `import` before the SDK starts: else modules that are imported, and not required, stay untraced.
  register({ include: ["pg", "pg-pool", "ioredis", "http", "https", "node:http", "node:https"] });
  return [
    new HttpInstrumentation({
      ignoreIncomingRequestHook: (request) => untraced.has(request.url ?? ""),
      requireParentforOutgoingSpans: true,
      startIncomingSpanHook: () => ({ "url.query": "" }),
    }),
    new UndiciInstrumentation({
      requireParentforSpans: true,
      startSpanHook: ({ origin, path }) => ({
        "url.full": `${origin}${path.split("?", 1)[0] ?? ""}`,
        "url.query": "",
      }),
    }),
    new FastifyOtelInstrumentation({
      registerOnInitialization: true,
      instrumentHooks: false,
      requestHook: (span, { url }) => void span.setAttribute("url.path", url.split("?", 1)[0] ?? ""),
    }),
    // Without a parent every poll of the outbox would be a trace.
    new PgInstrumentation({ requireParentSpan: true }),
    new IORedisInstrumentation({ requireParentSpan: true }),
  ];
}
