import { type Clock, Counter, type Parts } from "@kismet/service-kit";
import { createTurns } from "../password/turns.ts";
import type { Digests } from "../secrets/digests.ts";
import type { AuthDatabase } from "../storage.ts";
import { decideGuess, forgiveGuess, type GrowingDelay, type GuessRule } from "./decide-guess.ts";
import { lockGuesses, saveGuesses } from "./guesses-repository.ts";
import { guesserOf } from "./place-in-net.ts";
import { TooManyGuesses } from "./sign-in-errors.ts";

export type GuessSettings = {
  guessesPerAccount: number;
  guessesPerAddress: number;
  guessesPerMinute: number;
};

type Counted = { key: string; rule: GuessRule; isOwn: boolean };
/** What a guess is at: a password by e-mail address, or something of a member who has shown another proof already. */
export type GuessedAt =
  | { what: "sign-in"; email: string; deviceId: string | undefined; networkKnown: boolean; address: string }
  | { what: "totp" | "recovery_code"; memberId: string; deviceId: string | null }
  | { what: "own-password"; memberId: string; sessionId: string };

const minuteMs = 60_000;
const delay = { kind: "growing", firstMs: 1_000, maxMs: 15 * minuteMs } as const;
/** In a minute's allowance for everybody, what may come at once. */
const burstShare = 0.2;
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

  async function count(counted: readonly Counted[], refuse: () => void): Promise<void> {
    await database.transaction(async (tx) => {
      const stored = await lockGuesses(tx, keysOf(counted), clock.now());
      const now = clock.now();
      const decisions = counted.map(({ key, rule }) => ({
        key,
        ...decideGuess(counterOf(stored, key), rule, now),
      }));
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
    });
  }

  async function forgive(counted: readonly Counted[], isRight: boolean): Promise<void> {
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
      const counted = countedAt(digests, settings, at);
      return inTurn(async () => {
        await count(counted, () => refused.inc({ at: at.what }));
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

function countedAt(digests: Digests, settings: GuessSettings, at: GuessedAt): Counted[] {
  const key = (...parts: string[]) => digests.of("guesses", ...parts);
  const account: GrowingDelay = { ...delay, free: settings.guessesPerAccount, forgetMs: 30 * minuteMs };
  const own = (...parts: string[]): Counted => ({ key: key(at.what, ...parts), rule: account, isOwn: true });
  if (at.what === "own-password") return [own(at.memberId, at.sessionId)];
  if (at.what !== "sign-in") return [own(at.memberId, at.deviceId ?? "")];
  // On a known device only the member guesses: what strangers do elsewhere is no matter.
  if (at.deviceId !== undefined) return [own(at.email, "device", at.deviceId)];
  const perMinute = settings.guessesPerMinute;
  return [
    own(at.email, at.networkKnown ? "network" : "stranger"),
    {
      key: key("address", guesserOf(at.address)),
      rule: { ...delay, free: settings.guessesPerAddress, forgetMs: 3 * minuteMs },
      isOwn: false,
    },
    {
      key: key("everybody"),
      rule: { kind: "steady", perMinute, burst: Math.ceil(perMinute * burstShare) },
      isOwn: false,
    },
  ];
}

function keysOf(counted: readonly Counted[]): string[] {
  return counted.map(({ key }) => key);
}

function counterOf<T>(stored: Map<string, T>, key: string): T {
  const counter = stored.get(key);
  if (counter === undefined) throw new Error("a counter was locked, or made");
  return counter;
}
