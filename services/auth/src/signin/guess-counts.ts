import type { Digests } from "../secrets/digests.ts";
import type { GrowingDelay, GuessRule, SteadyRate } from "./decide-guess.ts";
import { guesserOf, placeInNet } from "./place-in-net.ts";

export type GuessSettings = {
  guessesPerAccount: number;
  guessesPerAddress: number;
  guessesPerMinute: number;
};

/** What a guess is at: a password by e-mail address, or something of a member who has shown another proof already. */
export type GuessedAt =
  | { what: "sign-in"; email: string; deviceId: string | undefined; address: string }
  | { what: "totp" | "recovery_code"; memberId: string; deviceId: string | null }
  | { what: "own-password"; memberId: string; sessionId: string };

/** `isOwn` where nobody else sees that what was wrong is forgotten, since who was right is. */
export type GuessCount = { key: string; rule: GuessRule; isOwn: boolean };

/** A guess is counted at all of `always`, and at all of `free` as long as each of these takes it, else at `beyond`. */
export type GuessCounts = { always: GuessCount[]; free: GuessCount[]; beyond: GuessCount[] };

const minuteMs = 60_000;
const delay = { kind: "growing", firstMs: 1_000, maxMs: 15 * minuteMs } as const;
/** In a minute's allowance for everybody, what may come at once. */
const burstShare = 0.2;
/** How many networks can use up what each has for an account, before they share what is left. */
const freeNetworks = 10;

/** Why so: docs/adr/guessing.md. */
export function countsOf(digests: Digests, settings: GuessSettings, at: GuessedAt): GuessCounts {
  const key = (...parts: string[]) => digests.of("guesses", ...parts);
  const account: GrowingDelay = { ...delay, free: settings.guessesPerAccount, forgetMs: 30 * minuteMs };
  const own = (...parts: string[]): GuessCounts => ({
    always: [{ key: key(at.what, ...parts), rule: account, isOwn: true }],
    free: [],
    beyond: [],
  });
  if (at.what === "own-password") return own(at.memberId, at.sessionId);
  if (at.what !== "sign-in") return own(at.memberId, at.deviceId ?? "");
  // On a known device only the member guesses: what strangers do elsewhere is no matter.
  if (at.deviceId !== undefined) return own(at.email, "device", at.deviceId);
  const shared = (rule: GuessRule, ...parts: string[]): GuessCount => ({
    key: key(...parts),
    rule,
    isOwn: false,
  });
  const { guessesPerAccount, guessesPerAddress, guessesPerMinute } = settings;
  const address: GrowingDelay = { ...delay, free: guessesPerAddress, forgetMs: 3 * minuteMs };
  const everybody = steady(guessesPerMinute, Math.ceil(guessesPerMinute * burstShare) + 1);
  return {
    always: [shared(address, "address", guesserOf(at.address)), shared(everybody, "everybody")],
    // For every network alike, whether the member is known in it or not, and whether there is a member or not.
    free: [
      shared(steady(1 / 30, guessesPerAccount), at.what, at.email, "network", placeInNet(at.address)),
      shared(steady(1 / 10, guessesPerAccount * freeNetworks), at.what, at.email, "networks"),
    ],
    beyond: [shared({ ...account, free: 0 }, at.what, at.email, "beyond")],
  };
}

function steady(perMinute: number, atOnce: number): SteadyRate {
  return { kind: "steady", perMinute, burst: atOnce - 1 };
}
