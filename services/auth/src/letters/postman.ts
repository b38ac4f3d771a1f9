import {
  contextFromHeaders,
  createPoller,
  type Parts,
  type Poller,
  runWithContext,
} from "@kismet/service-kit";
import type { Sealing } from "../secrets/sealing.ts";
import type { AuthDatabase } from "../storage.ts";
import { decideCarrying } from "./decide-carrying.ts";
import type { Letter, Mail } from "./letter.ts";
import { deleteLetter, postponeLetter, type StoredLetter, takeDueLetters } from "./letters-repository.ts";
import { type Mailer, MailNotTaken } from "./mailer.ts";

const everyMs = 500;
const batch = 10;
/** Longer than a batch takes. */
const leaseMs = 120_000;
const letterTimeoutMs = 15_000;

type Deps = {
  database: AuthDatabase;
  sealing: Sealing;
  mailer: Mailer;
  /** Does what the letter asks for, and says what is to be sent, if anything. */
  handle: (letter: Letter, id: string) => Promise<Mail | undefined>;
};

/**
 * Carries the letters, in every instance: a lease keeps two from carrying the same one. A crash between sending and
 * deleting sends a letter again, with a code that takes the place of the first.
 */
export function createPostman(parts: Parts, deps: Deps): Poller {
  return createPoller(parts.logger, {
    name: "postman",
    everyMs,
    timeoutMs: leaseMs,
    async work() {
      const now = parts.clock.now();
      const leaseEnds = new Date(now.getTime() + leaseMs);
      const taken = await deps.database.transaction((tx) => takeDueLetters(tx, now, leaseEnds, batch));
      await Promise.all(taken.map((letter) => carry(parts, deps, letter)));
      return taken.length === batch;
    },
  });
}

async function carry({ clock, logger }: Parts, deps: Deps, stored: StoredLetter): Promise<void> {
  const { id, sealed, requestId, attempts } = stored;
  const headers: Record<string, string> = { "x-request-id": requestId };
  await runWithContext(
    contextFromHeaders((name) => headers[name], { timeoutMs: letterTimeoutMs }),
    async () => {
      let letter: Letter | undefined;
      try {
        letter = JSON.parse(deps.sealing.open(sealed)) as Letter;
        const mail = await deps.handle(letter, id);
        if (mail) await deps.mailer.fire(mail);
        await deleteLetter(deps.database, id);
      } catch (error) {
        const now = clock.now();
        const isFinal = error instanceof MailNotTaken && error.isFinal;
        const decided = isFinal ? "give up" : decideCarrying(letter, stored, now);
        const givenUp = decided === "give up";
        logger.warn({ err: error, letterId: id, attempts, givenUp }, "a letter could not be carried");
        if (givenUp) return deleteLetter(deps.database, id);
        const waitMs = decided.withinMs * Math.random();
        return postponeLetter(deps.database, id, new Date(now.getTime() + waitMs));
      }
    },
  );
}
