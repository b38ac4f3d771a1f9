import { Unavailable } from "@kismet/service-kit";

/** Waiting longer than this many others take would outlast any deadline. */
const maxWaiting = 200;

export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets so many work at a time; others wait for their turn, and are refused if too many do. */
export function createGate(places: number): Gate {
  let free = places;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else if (waiting.length < maxWaiting) await new Promise<void>((resolve) => waiting.push(resolve));
    else throw new Unavailable();
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
