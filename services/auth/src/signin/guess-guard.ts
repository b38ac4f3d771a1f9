import { type Clock, Counter, type Parts } from "@kismet/service-kit";
import { createTurns } from "../password/turns.ts";
import type { Digests } from "../secrets/digests.ts";
import type { AuthDatabase } from "../storage.ts";
import { decideGuess, forgiveGuess } from "./decide-guess.ts";
import {
  countsOf,
  type GuessCount,
  type GuessCounts,
  type GuessedAt,
  type GuessSettings,
} from "./guess-counts.ts";
import { lockGuesses, saveGuesses } from "./guesses-repository.ts";
import { TooManyGuesses } from "./sign-in-errors.ts";

/**
 * How many are looked at a time: guesses that are being looked at count as wrong, and a member with several devices
 * signing in at once must not be taken for somebody who guesses.
 */
const turns = { maxRunning: 4, maxWaiting: 200 };

/** Counts wrong guesses, in Postgres, for all instances: docs/adr/guessing.md. */
export type GuessGuard = {
  /** Runs the work, which gives undefined if the guess was wrong; refuses to if there were too many. */
  attempt<T>(at: GuessedAt, work: () => Promise<T | undefined>): Promise<T | undefined>;
};

export function createGuessGuard(deps: {
  database: AuthDatabase;
  clock: Clock;
  digests: Digests;
  settings: GuessSettings;
  metrics: Parts["metrics"];
}): GuessGuard {
  const { database, clock, digests, settings, metrics } = deps;
  const refused = new Counter({
    name: "kismet_guesses_refused_total",
    help: "Tries at a password or a second factor that were refused for those before them",
    labelNames: ["at"],
    registers: [metrics],
  });
  const inTurn = createTurns(turns);

  /** Gives at what it was counted. */
  async function count({ always, free, beyond }: GuessCounts, refuse: () => void): Promise<GuessCount[]> {
    return database.transaction(async (tx) => {
      const stored = await lockGuesses(tx, keysOf([...always, ...free, ...beyond]), clock.now());
      const now = clock.now();
      const decide = ({ key, rule }: GuessCount) => decideGuess(counterOf(stored, key), rule, now);
      const isFree = free.every((each) => "next" in decide(each));
      const counted = [...always, ...(isFree ? free : beyond)];
      const decisions = counted.map((each) => ({ key: each.key, ...decide(each) }));
      const waitMs = Math.max(...decisions.map((decision) => ("waitMs" in decision ? decision.waitMs : 0)));
      if (waitMs > 0) {
        refuse();
        throw new TooManyGuesses(Math.ceil(waitMs / 1_000));
      }
      await saveGuesses(
        tx,
        decisions.flatMap((decision) =>
          "next" in decision ? [{ key: decision.key, ...decision.next }] : [],
        ),
      );
      return counted;
    });
  }

  async function forgive(counted: readonly GuessCount[], isRight: boolean): Promise<void> {
    await database.transaction(async (tx) => {
      const stored = await lockGuesses(tx, keysOf(counted), clock.now());
      const now = clock.now();
      await saveGuesses(
        tx,
        counted.map(({ key, rule, isOwn }) => ({
          key,
          ...forgiveGuess(counterOf(stored, key), rule, now, isRight && isOwn),
        })),
      );
    });
  }

  return {
    attempt(at, work) {
      const counts = countsOf(digests, settings, at);
      return inTurn(async () => {
        const counted = await count(counts, () => refused.inc({ at: at.what }));
        let done: Awaited<ReturnType<typeof work>>;
        try {
          done = await work();
        } catch (error) {
          // It was not looked at: as if it had not been made, but no proof of anything either.
          await forgive(counted, false);
          throw error;
        }
        if (done !== undefined) await forgive(counted, true);
        return done;
      });
    },
  };
}

function keysOf(counted: readonly GuessCount[]): string[] {
  return counted.map(({ key }) => key);
}

function counterOf<T>(stored: Map<string, T>, key: string): T {
  const counter = stored.get(key);
  if (counter === undefined) throw new Error("a counter was locked, or made");
  return counter;
}
