import { contextFromHeaders, type Logger, runWithContext } from "@kismet/service-kit";

const timeoutMs = 5_000;

/**
 * Does one piece of upkeep, with a context of its own; that it fails must not keep the others from their turn. Answers
 * whether it was done.
 */
export async function attempt(logger: Logger, id: string, work: () => Promise<unknown>): Promise<boolean> {
  return runWithContext(
    contextFromHeaders(() => undefined, { timeoutMs }),
    async () => {
      try {
        await work();
        return true;
      } catch (error) {
        logger.warn({ err: error, id }, "a piece of upkeep failed, and will be tried again");
        return false;
      }
    },
  );
}
