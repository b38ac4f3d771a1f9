import { randomInt } from "node:crypto";
import type { Digests } from "../secrets/digests.ts";

/** Of one code. */
export const triesPerCode = 5;

/** Of a new code of a sign-up, and of the password that is asked for with it: see `signups`. */
export const freshTries = {
  triesLeft: triesPerCode,
  othersTriesLeft: triesPerCode,
  passwordTriesLeft: triesPerCode,
} as const;

export function newCode(): string {
  return String(randomInt(1_000_000)).padStart(6, "0");
}

/** With the sign-up it belongs to: the same code of another one is another hash. */
export function codeHashOf(digests: Digests, signupId: string, code: string): string {
  return digests.of("sign-up code", signupId, code);
}
