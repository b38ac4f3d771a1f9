import { contextFromHeaders, runWithContext } from "../context/request-context.ts";
import type { Logger } from "../logging/logger.ts";
import type { Component } from "./lifecycle.ts";

export type Poller = Required<Component> & { poke(): void };

export type PollerOptions = {
  name: string;
  everyMs: number;
  /** Bounds one round. */
  timeoutMs: number;
  /** Answers whether there may be more to do at once. */
  work: () => Promise<boolean>;
};

/** Does some work again and again: while there is more, when poked, and else from time to time. */
export function createPoller(logger: Logger, { name, everyMs, timeoutMs, work }: PollerOptions): Poller {
  let running: Promise<void> | undefined;
  let stopping = false;
  let poked = false;
  let wake: () => void = () => undefined;

  async function round(): Promise<boolean> {
    try {
      const context = contextFromHeaders(() => undefined, { timeoutMs });
      return await runWithContext(context, work);
    } catch (error) {
      logger.warn({ err: error, poller: name }, "a round of work failed");
      return false;
    }
  }

  async function run(): Promise<void> {
    while (!stopping) {
      poked = false;
      const more = await round();
      if (!more && !poked && !stopping) await pause();
    }
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, everyMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    name,
    async start() {
      stopping = false;
      running ??= run();
    },
    async stop() {
      stopping = true;
      wake();
      await running;
      running = undefined;
    },
    poke() {
      poked = true;
      wake();
    },
  };
}
