import { deadlineIn } from "../context/deadline.ts";
import type { Logger } from "../logging/logger.ts";
import { withTimeout } from "../resilience/with-timeout.ts";

export type Component = { name: string; start?(): Promise<void>; stop?(): Promise<void> };

export type Lifecycle = {
  add(component: Component): void;
  /** Starts in order of adding; when one fails, stops those before it and throws. */
  start(): Promise<void>;
  /** Stops in reverse order, each within what is left of the time; one that fails does not keep the others up. */
  stop(): Promise<void>;
};

export function createLifecycle(logger: Logger, shutdownMs: number): Lifecycle {
  const components: Component[] = [];
  const started: Component[] = [];
  let stopping: Promise<void> | undefined;

  async function stopAll(): Promise<void> {
    const deadline = deadlineIn(shutdownMs);
    for (let component = started.pop(); component; component = started.pop()) {
      try {
        await withTimeout(component.stop?.() ?? Promise.resolve(), deadline.remainingMs(), component.name);
      } catch (error) {
        logger.error({ err: error, component: component.name }, "component did not stop");
      }
    }
  }

  return {
    add(component) {
      components.push(component);
    },
    async start() {
      for (const component of components) {
        if (stopping) return;
        // Listed before it has started: what a failed start left open must be closed too.
        started.push(component);
        try {
          await component.start?.();
        } catch (error) {
          logger.fatal({ err: error, component: component.name }, "component did not start");
          await stopAll();
          throw error;
        }
      }
    },
    stop() {
      return (stopping ??= stopAll());
    },
  };
}
