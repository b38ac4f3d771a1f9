let flush: (() => Promise<void>) | undefined;

/** Said by `register-telemetry.ts`, which runs before everything else, to the shutdown, which runs after. */
export function onTelemetryShutdown(work: () => Promise<void>): void {
  flush = work;
}

/** Sends what spans are still in memory; nothing while telemetry is off. */
export async function shutdownTelemetry(): Promise<void> {
  await flush?.();
}
