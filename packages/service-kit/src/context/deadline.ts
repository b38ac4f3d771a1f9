import { performance } from "node:perf_hooks";
import type { Clock } from "./clock.ts";

/** By when the asker has stopped waiting. It travels as time left, since the clocks of two machines differ. */
export type Deadline = { remainingMs(): number; expired(): boolean };

/** Without a clock, counts on the monotonic one: a step of the wall clock must not end requests. */
export function deadlineIn(ms: number, clock?: Clock): Deadline {
  const now = clock ? () => clock.now().getTime() : () => performance.now();
  const end = now() + ms;
  return {
    remainingMs: () => Math.max(0, Math.floor(end - now())),
    expired: () => now() >= end,
  };
}
