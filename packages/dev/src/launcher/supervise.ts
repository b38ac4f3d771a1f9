import { setTimeout as delay } from "node:timers/promises";
import type { Exit, ManagedProcess } from "../infrastructure/managed-process.ts";

const firstDelayMs = 500;
const maxDelayMs = 15_000;
/** Who ran this long is not in a loop of crashes: the next delay is the first again. */
const steadyAfterMs = 30_000;

/** Starts a process, and again with growing delays whenever it ends; the first start must succeed. */
export async function supervise<P extends ManagedProcess>(
  name: string,
  start: () => Promise<P>,
  { stopping, say }: { stopping: AbortSignal; say: (text: string) => void },
): Promise<P> {
  const first = await start();
  void keepRunning(name, first, start, { stopping, say });
  return first;
}

async function keepRunning<P extends ManagedProcess>(
  name: string,
  first: P,
  start: () => Promise<P>,
  { stopping, say }: { stopping: AbortSignal; say: (text: string) => void },
): Promise<void> {
  let process = first;
  let delayMs = firstDelayMs;
  for (;;) {
    const startedAt = Date.now();
    const exit = await process.exited;
    if (stopping.aborted) return;
    if (Date.now() - startedAt >= steadyAfterMs) delayMs = firstDelayMs;
    let reason = `${name} has ended (${describe(exit)})`;
    for (let back = false; !back; delayMs = Math.min(delayMs * 2, maxDelayMs)) {
      say(`${reason}, starting it again in ${delayMs / 1000} s`);
      if (!(await pause(delayMs, stopping))) return;
      try {
        process = await start();
        back = true;
      } catch (error) {
        if (stopping.aborted) return;
        reason = (error as Error).message;
      }
    }
    say(`${name} is back`);
  }
}

async function pause(ms: number, stopping: AbortSignal): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal: stopping });
    return true;
  } catch {
    return false;
  }
}

function describe({ code, signal }: Exit): string {
  return signal ?? `exit code ${code}`;
}
