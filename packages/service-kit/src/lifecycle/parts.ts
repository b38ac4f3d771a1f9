import type { ServiceName } from "@kismet/contracts";
import { collectDefaultMetrics, Registry } from "prom-client";
import type { Static, TObject } from "typebox";
import { Type } from "typebox";
import { ProcessSettings } from "../configuration/settings.ts";
import { type Clock, systemClock } from "../context/clock.ts";
import { createLogger, type Logger } from "../logging/logger.ts";
import { Health } from "./health.ts";
import { createLifecycle, type Lifecycle } from "./lifecycle.ts";

const ProcessConfig = Type.Object(ProcessSettings) satisfies TObject;
export type ProcessConfig = Static<typeof ProcessConfig>;

/** What every part of a service is built from; made once, passed on, nowhere global. */
export type Parts<C = unknown> = {
  name: ServiceName;
  config: C;
  logger: Logger;
  metrics: Registry;
  health: Health;
  lifecycle: Lifecycle;
  clock: Clock;
};

export function createParts<C>(
  name: ServiceName,
  config: C,
  overrides: { clock?: Clock; logger?: Logger } = {},
): Parts<C> {
  const { instanceId, logLevel, shutdownMs } = config as ProcessConfig;
  const logger = overrides.logger ?? createLogger({ service: name, instanceId, level: logLevel });
  const metrics = new Registry();
  metrics.setDefaultLabels({ service: name });
  collectDefaultMetrics({ register: metrics });
  return {
    name,
    config,
    logger,
    metrics,
    health: new Health(logger, metrics),
    lifecycle: createLifecycle(logger, shutdownMs),
    clock: overrides.clock ?? systemClock,
  };
}
