import { Unavailable } from "@kismet/service-kit";

/** Lets so many run at a time, and so many wait; who comes when all places are taken is told to come back. */
export function createTurns(bounds: {
  maxRunning: number;
  maxWaiting: number;
}): <T>(work: () => Promise<T>) => Promise<T> {
  const { maxRunning, maxWaiting } = bounds;
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= maxRunning) {
      if (waiting.length >= maxWaiting) throw new Unavailable();
      // Whoever is done hands its turn on.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
