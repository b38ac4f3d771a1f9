import { Gauge, type Parts } from "@kismet/service-kit";
import { isLoopLate, type Priority } from "./decide-shedding.ts";

/** Often enough to begin each turn of a busy loop, seldom enough to cost nothing in an idle one. */
const tickMs = 10;

export type LoopGuard = {
  /** Within this nobody is refused, whatever the priority: asked before anything else, for the price of a clock. */
  isAtEase(): boolean;
  isLate(priority: Priority): boolean;
};

/**
 * How long the event loop has been at its present turn: a timer begins each one. Histograms of the loop's delay tell of
 * turns that have ended, when all who came in them have been let in.
 */
export function createLoopGuard(parts: Parts, limitMs: number): LoopGuard {
  const easeMs = limitMs * 0.5;
  let begunAt = performance.now();
  let previousMs = 0;
  let worstMs = 0;
  const runningMs = () => performance.now() - begunAt;
  let timer: NodeJS.Timeout | undefined;
  new Gauge({
    name: "kismet_event_loop_turn_seconds",
    help: "The longest turn of the event loop since this was last read",
    registers: [parts.metrics],
    collect() {
      this.set(worstMs / 1_000);
      worstMs = 0;
    },
  });
  parts.lifecycle.add({
    name: "loop guard",
    async start() {
      begunAt = performance.now();
      timer = setInterval(() => {
        const now = performance.now();
        previousMs = now - begunAt;
        worstMs = Math.max(worstMs, previousMs - tickMs);
        begunAt = now;
      }, tickMs);
      timer.unref();
    },
    stop: async () => clearInterval(timer),
  });
  return {
    isAtEase: () => runningMs() <= easeMs,
    isLate: (priority) => isLoopLate({ runningMs: runningMs(), previousMs }, limitMs, priority),
  };
}
