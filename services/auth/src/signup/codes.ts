import { randomInt } from "node:crypto";
import type { Digests } from "../secrets/digests.ts";

/** Of one code. */
export const triesPerCode = 5;

export function newCode(): string {
  return String(randomInt(1_000_000)).padStart(6, "0");
}

/** With the sign-up it belongs to: the same code of another one is another hash. */
export function codeHashOf(digests: Digests, signupId: string, code: string): string {
  return digests.of("sign-up code", signupId, code);
}
