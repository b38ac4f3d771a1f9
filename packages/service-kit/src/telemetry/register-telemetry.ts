/**
 * Loaded by `node --import` before a service. Does nothing unless the standard variables of OpenTelemetry ask for traces
 * (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or OTEL_TRACES_EXPORTER): the instrumentation costs
 * CPU on every request. Metrics stay with prom-client, logs with pino.
 */
import { basename, dirname } from "node:path";
import "./quick-resolution.ts";

/** Makes its spans by hand, and only of the requests that it samples. */
const tracesByItself = "gateway";

const { env } = process;
const exporter = env["OTEL_TRACES_EXPORTER"];
const endpoint = env["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
const isWanted = (exporter !== undefined || endpoint !== undefined) && exporter !== "none";

if (isWanted && env["OTEL_SDK_DISABLED"] !== "true") {
  // The default would be to send metrics and logs to the same place too.
  env["OTEL_METRICS_EXPORTER"] ??= "none";
  env["OTEL_LOGS_EXPORTER"] ??= "none";
  env["OTEL_TRACES_EXPORTER"] ??= "otlp";
  // services/<name>/src/main.ts
  const name = basename(dirname(dirname(process.argv[1] ?? "unknown")));
  env["OTEL_SERVICE_NAME"] ??= `kismet-${name}`;
  const { startTelemetry } = await import("./start-telemetry.ts");
  startTelemetry({ instrumented: name !== tracesByItself });
}
